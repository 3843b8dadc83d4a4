import assert from "@std/assert";
import { MIB } from "../../src/core/units.ts";
import { pullThrough } from "./harness/pull_through.ts";
import { type ClusterKind, testClusters } from "./harness/test_clusters.ts";

/** Layers larger than this are fetched in pieces. */
const BUFFER_BYTES = MIB;
const LAYER_BYTES = 16 * MIB;
const UNDER_WAY_BYTES = 3 * MIB;

const KINDS: ClusterKind[] = [
  { generation: "2", config: { name: "transfer service", parallelFetchBuffer: BUFFER_BYTES } },
  { generation: "2", config: { name: "local pull", parallelFetchBuffer: BUFFER_BYTES, localPull: true } },
];

testClusters("layers are fetched in parallel pieces", KINDS, async ({ upstream, nodes: [a, b], image }, step) => {
  const options = { layers: [{ sizeBytes: LAYER_BYTES }] };

  await step("from upstream, while Peili has nothing", async () => {
    const name = "lib/pieces:v1";
    const pieces = await image(name, options);
    await a.pull(name);
    const { recent } = await upstream.stats();
    const layerRequests = recent.filter(({ path }) => path.endsWith(pieces.layers[0]?.digest ?? "?"));
    assert.ok(layerRequests.length > 1, "containerd was to fetch in pieces, or this test shows nothing");
  });

  await step("from a peer", async () => {
    const name = "lib/pieces:v1";
    const pieces = await image(name, options);
    await b.serves(name, pieces);
    await upstream.reset();
    const given = await b.peili.bytesGiven();
    await b.pull(name);
    const { local, peer } = await b.bytesGivenSince(given);
    assert.equal(local, 0);
    assert.ok(peer >= pieces.totalBytes, `only ${peer} of ${pieces.totalBytes} bytes are from the peer`);
    assert.equal((await upstream.stats()).requests, 0);
    assert.deepEqual(await b.containerd.blobsOnDisk(), pieces.content.map(({ digest }) => digest).sort());
  });

  await step("from a peer that is killed in the middle: the pull goes on", async () => {
    const name = "lib/pieces-killed:v1";
    const killed = await image(name, options);
    await a.pull(name);
    await b.serves(name, killed);
    await upstream.reset();
    await pullThrough({
      by: b,
      name,
      from: [a],
      underWayBytes: UNDER_WAY_BYTES,
      trouble: () => a.peili.process.kill(),
    });
    const { bytes } = await upstream.stats();
    assert.ok(bytes > 0, "upstream was to give the rest");
    const wanted = killed.content.map(({ digest }) => digest);
    assert.ok(new Set<string>(wanted).isSubsetOf(new Set(await b.containerd.blobsOnDisk())));
  });
});
