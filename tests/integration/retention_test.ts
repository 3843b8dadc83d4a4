import assert from "@std/assert";
import { ContainerdClient } from "../../src/store/containerd/client.ts";
import { ContainerdLeases } from "../../src/store/containerd/leases.ts";
import { assertAllPulled, rollOut } from "../cluster/harness/roll_out.ts";
import { layersOf } from "../cluster/harness/rollout_images.ts";
import { assertShare, upstreamShare } from "../cluster/harness/upstream_share.ts";
import type { BuiltImage } from "../support/image/build_image.ts";
import { until } from "../support/until.ts";
import type { ClusterNode } from "./harness/cluster_node.ts";
import { type ClusterKind, testClusters } from "./harness/test_clusters.ts";
import { CONTAINERD_GENERATIONS } from "./setup/tools.ts";

const config = { name: "layers are discarded", discardUnpackedLayers: true };

const KINDS: ClusterKind[] = CONTAINERD_GENERATIONS.map((generation) => ({ generation, config }));

/** How long containerd may take to discard layers after a pull: it has done so within a quarter of it. */
const DISCARDED_MS = 1_000;

/** How long a layer is kept whose time is to be over within the test. */
const KEPT_SECONDS = 20;
/** So slow that nodes that pull at once meet. */
const UPSTREAM_MBIT = 40;

/** A machine that runs tests may have little space left. */
const ANY_SPACE = "--retain-min-free=0%";

testClusters("layers are kept for other nodes", KINDS, async ({ upstream, nodes: [a, b], image }, step) => {
  const app = await image("lib/app:v1");
  const layerBytes = app.layers.reduce((sum, { size }) => sum + size, 0);

  await step("what containerd asks for is kept, and served to a node that does not keep it", async () => {
    await a.restartPeili("--retain-layers=1h", ANY_SPACE);
    await a.pull("lib/app:v1");
    await discarded();
    assert.deepEqual(await a.containerd.blobsOnDisk(), app.content.map(({ digest }) => digest).sort());
    await b.serves("lib/app:v1", app);
    await upstream.reset();
    const before = await b.peili.bytesGiven();
    await b.pull("lib/app:v1");
    assert.deepEqual(await b.bytesGivenSince(before), { local: 0, peer: app.totalBytes });
    assert.equal((await upstream.stats()).requests, 0);
    await until("what b does not keep to be discarded", async () => await layersOn(b, app) === 0);
    await until("the sizes", async () => await a.peili.metric("peili_retained_bytes") >= layerBytes);
  });

  await step("after a restart it is still kept, also without its image", async () => {
    const kept = await a.peili.metric("peili_retained_layers");
    await a.restartPeili("--retain-layers=1h", ANY_SPACE);
    await until("what was kept before", async () => await a.peili.metric("peili_retained_layers") === kept);
    await a.remove("lib/app:v1");
    await discarded();
    assert.equal(await layersOn(a, app), app.layers.length);
  });

  await step("cleanup releases it", async () => {
    await a.peili.process.stop();
    await a.cleanUp();
    assert.equal(await layersOn(a, app), 0);
  });
});

testClusters("layers are shared in a flight and after it", [{ generation: "2", config }], async (cluster, step) => {
  const { upstream, upstreamNetwork, nodes: [a, b, c] } = cluster;
  const name = "lib/flown:v1";
  const app = await cluster.image(name, { layers: layersOf(6, 3, 1) });
  const asked = async () => (await upstream.stats()).requests;

  await step("two nodes that pull at once get one copy, and keep its layers", async () => {
    await a.restartPeili("--retain-layers=1h", ANY_SPACE);
    await b.restartPeili(`--retain-layers=${KEPT_SECONDS}s`, ANY_SPACE);
    for (const { peili, network } of [a, b]) {
      await until(`${network.name} to know the others`, async () => await peili.peers() >= 2);
    }
    await upstreamNetwork.limitUplink(UPSTREAM_MBIT);
    await upstream.reset();
    assertAllPulled(await rollOut([a, b].map((node) => ({ node, name, image: app }))));
    assertShare(upstreamShare((await upstream.stats()).recent, app));
    await discarded();
    for (const node of [a, b]) assert.equal(await layersOn(node, app), app.layers.length);
  });

  await step("a third node gets all of it from them, also after they were started again", async () => {
    for (const round of ["before", "after"]) {
      await c.serves(name, app);
      await upstream.reset();
      await c.pull(name);
      assert.equal(await asked(), 0, `${round} the restart`);
      await until("what c does not keep to be discarded", async () => await layersOn(c, app) === 0);
      await c.remove(name);
      if (round === "before") {
        await a.restartPeili("--retain-layers=1h", ANY_SPACE);
        await b.restartPeili(`--retain-layers=${KEPT_SECONDS}s`, ANY_SPACE);
      }
    }
  });

  await step("no lease is left after its time on one, and after cleanup on the other", async () => {
    await until("the leases of b to be gone", async () => (await leasesOn(b)).length === 0, { timeoutMs: 90_000 });
    assert.equal(await layersOn(b, app), 0);
    assert.notEqual((await leasesOn(a)).length, 0);
    await a.peili.process.stop();
    await a.cleanUp();
    assert.deepEqual(await leasesOn(a), []);
    assert.equal(await layersOn(a, app), 0);
  });
});

testClusters("layers are kept within bounds", [{ generation: "2", config }], async ({ nodes: [a], image }, step) => {
  const app = await image("lib/app:v1");

  await step("it is gone when its time is over", async () => {
    await a.restartPeili("--retain-layers=6s", ANY_SPACE);
    await a.pull("lib/app:v1");
    await discarded();
    assert.equal(await layersOn(a, app), app.layers.length);
    await until("the release", async () => await layersOn(a, app) === 0, { timeoutMs: 30_000 });
    await released("expired");
    await a.remove("lib/app:v1");
  });

  await step("a smaller limit releases it", async () => {
    await a.restartPeili("--retain-layers=1h", ANY_SPACE);
    await a.pull("lib/app:v1");
    await a.restartPeili("--retain-layers=1h", ANY_SPACE, "--retain-limit=1");
    await until("the release", async () => await layersOn(a, app) === 0);
    await released("limit");
    assert.equal(await a.peili.metric("peili_retained_bytes"), 0);
    await a.remove("lib/app:v1");
  });

  await step("with too little space left, nothing is kept", async () => {
    await a.restartPeili("--retain-layers=1h", "--retain-min-free=100%");
    await a.pull("lib/app:v1");
    await until("the layers to be discarded", async () => await layersOn(a, app) === 0);
    assert.equal(await a.peili.metric("peili_retained_layers"), 0);
  });

  async function released(reason: string): Promise<void> {
    await until(`the releases for ${reason}`, async () => {
      return await a.peili.metric("peili_retained_layers_released_total", { reason }) >= app.layers.length;
    });
  }
});

/** How many layers of the image are on a node's disk. */
async function layersOn({ containerd }: ClusterNode, { layers }: BuiltImage): Promise<number> {
  const blobs = await containerd.blobsOnDisk();
  return layers.filter(({ digest }) => blobs.includes(digest)).length;
}

/** Lists the leases by which a node keeps layers. */
async function leasesOn({ containerd }: ClusterNode) {
  using client = new ContainerdClient(containerd.socket, "k8s.io");
  return await new ContainerdLeases(client).list();
}

/** Waits until containerd has discarded what nothing keeps. */
async function discarded(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, DISCARDED_MS));
}
