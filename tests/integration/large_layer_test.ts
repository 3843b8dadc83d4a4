import assert from "@std/assert";
import { GIB, MIB } from "../../src/core/units.ts";
import { testClusters } from "./harness/test_clusters.ts";

/** Unpacking such a layer takes longer than all else here, so one containerd has to do. */
const KINDS = [{ generation: "2" }] as const;

testClusters("a layer of more than 1 GiB", KINDS, async ({ upstream, nodes: [a, b], image }, step) => {
  await step("is pulled from a peer", async () => {
    const name = "lib/large:v1";
    const large = await image(name, { layers: [{ sizeBytes: GIB + 64 * MIB, compression: "none" }] });
    await a.pull(name, { timeoutMs: 180_000 });
    await b.serves(name, large);
    await upstream.reset();
    await b.pull(name, { timeoutMs: 180_000 });
    assert.deepEqual(await b.peili.bytesGiven(), { local: 0, peer: large.totalBytes });
    assert.equal((await upstream.stats()).requests, 0);
    assert.deepEqual(await b.containerd.blobsOnDisk(), large.content.map(({ digest }) => digest).sort());
  });
});
