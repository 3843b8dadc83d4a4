import assert from "@std/assert";
import { CONTAINERD_GENERATIONS } from "./setup/tools.ts";
import { exportArchive } from "../support/image/export_archive.ts";
import { testClusters } from "./harness/test_clusters.ts";

const KINDS = CONTAINERD_GENERATIONS.map((generation) => ({ generation }));

testClusters("nodes pull from each other", KINDS, async ({ dir, upstream, nodes: [a, b, c], image, layout }, step) => {
  const app = await image("lib/app:v1", { indexWithAbsentPlatforms: true });
  const appOnDisk = app.content.map(({ digest }) => digest).sort();

  await step("the first node gets every byte from upstream, once", async () => {
    await a.pull("lib/app:v1");
    assert.equal((await upstream.stats()).bytes, app.totalBytes);
    assert.deepEqual(await a.peili.bytesGiven(), { local: 0, peer: 0 });
    assert.deepEqual(await a.containerd.blobsOnDisk(), appOnDisk);
  });

  await step("the second node gets a tag, whose index lacks platforms, from the first alone", async () => {
    await b.serves("lib/app:v1", app);
    await upstream.reset();
    const uploaded = await a.peili.bytesUploaded();
    await b.pull("lib/app:v1");
    assert.deepEqual(await b.peili.bytesGiven(), { local: 0, peer: app.totalBytes });
    const given = await a.peili.bytesUploaded() - uploaded;
    const blobBytes = [app.config, ...app.layers].reduce((sum, { size }) => sum + size, 0);
    assert.ok(given >= blobBytes && given <= app.totalBytes, `${given} bytes were given`); // manifests may be kept
    assert.equal((await upstream.stats()).requests, 0);
    assert.deepEqual(await b.containerd.blobsOnDisk(), appOnDisk);
  });

  await step("a removed image is pulled from a peer again", async () => {
    await b.remove("lib/app:v1");
    assert.deepEqual(await b.containerd.blobsOnDisk(), []);
    const before = await b.peili.bytesGiven();
    await b.pull("lib/app:v1");
    assert.deepEqual(await b.bytesGivenSince(before), { local: 0, peer: app.totalBytes });
    assert.deepEqual(await b.containerd.blobsOnDisk(), appOnDisk);
  });

  for (const name of [`lib/app@${app.target.digest}`, `lib/app:v1@${app.target.digest}`]) {
    await step(`a digest is pulled from peers, as ${name.slice(0, 20)}…`, async () => {
      const before = await c.peili.bytesGiven();
      await c.pull(name);
      assert.deepEqual(await c.bytesGivenSince(before), { local: 0, peer: app.totalBytes });
      assert.deepEqual(await c.containerd.blobsOnDisk(), appOnDisk);
      await c.remove(`lib/app@${app.target.digest}`);
      assert.deepEqual(await c.containerd.blobsOnDisk(), []);
    });
  }

  await step("upstream was not asked for anything of all that", async () => {
    assert.equal((await upstream.stats()).requests, 0);
  });

  await step("an image that nobody has is refused", async () => {
    await assert.rejects(c.pull("lib/absent:v1"), /not found/i);
  });

  await upstream.stop();

  await step("with upstream down, a node pulls by tag what others have", async () => {
    const before = await c.peili.bytesGiven();
    await c.pull("lib/app:v1");
    assert.deepEqual(await c.bytesGivenSince(before), { local: 0, peer: app.totalBytes });
  });

  await step("an image that was imported, so without labels, is served too", async () => {
    const imported = await image("lib/imported:v1");
    await exportArchive(layout, imported, `${upstream.address}/lib/imported:v1`, `${dir}/imported.tar`);
    await a.containerd.importArchive(`${dir}/imported.tar`);
    await b.serves("lib/imported:v1", imported);
    const before = await b.peili.bytesGiven();
    await b.pull("lib/imported:v1");
    assert.deepEqual(await b.bytesGivenSince(before), { local: 0, peer: imported.totalBytes });
  });
});
