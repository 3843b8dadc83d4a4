import assert from "@std/assert";
import { testClusters } from "./harness/test_clusters.ts";
import { CONTAINERD_GENERATIONS } from "./setup/tools.ts";

const KINDS = CONTAINERD_GENERATIONS.map((generation) => ({ generation }));

testClusters("containerd restarts under a running node", KINDS, async ({ upstream, nodes: [a, b], image }, step) => {
  const before = await image("lib/before:v1");
  const during = await image("lib/during:v1");
  const after = await image("lib/after:v1");
  const { pid } = a.peili.process;
  await a.pull("lib/before:v1");
  await a.pull("lib/during:v1");
  await b.serves("lib/during:v1", during);

  await step("while it is down, others still get what it had, from somewhere", async () => {
    await a.containerd.stop({ kill: true });
    await b.pull("lib/during:v1");
    assert.deepEqual(await b.containerd.blobsOnDisk(), during.content.map(({ digest }) => digest).sort());
  });

  await step("once it is back, what it had is served", async () => {
    await a.containerd.start();
    await b.serves("lib/before:v1", before);
    await upstream.reset();
    const given = await b.peili.bytesGiven();
    await b.pull("lib/before:v1");
    assert.deepEqual(await b.bytesGivenSince(given), { local: 0, peer: before.totalBytes });
    assert.equal((await upstream.stats()).requests, 0);
  });

  await step("what it pulls from then on is announced and served", async () => {
    await a.pull("lib/after:v1");
    await b.serves("lib/after:v1", after);
    await upstream.reset();
    const given = await b.peili.bytesGiven();
    await b.pull("lib/after:v1");
    assert.deepEqual(await b.bytesGivenSince(given), { local: 0, peer: after.totalBytes });
    assert.equal((await upstream.stats()).requests, 0);
  });

  await step("the node never ended", () => {
    assert.equal(a.peili.process.pid, pid);
    assert.equal(a.peili.process.end, undefined);
    return Promise.resolve();
  });
});
