import assert from "@std/assert";
import { MIB } from "../../src/core/units.ts";
import type { Cluster } from "./harness/cluster.ts";
import type { ClusterNode } from "./harness/cluster_node.ts";
import { assertContinuedByUpstream, pullThrough } from "./harness/pull_through.ts";
import { testClusters } from "./harness/test_clusters.ts";
import { CONTAINERD_GENERATIONS } from "./setup/tools.ts";

const KINDS = CONTAINERD_GENERATIONS.map((generation) => ({ generation }));

/** More than all buffers on the way hold. */
const LAYER_BYTES = 16 * MIB;
/** When a layer counts as under way. */
const UNDER_WAY_BYTES = 3 * MIB;

testClusters("a source is lost in the middle of a layer", KINDS, async (cluster, step) => {
  const { upstream, nodes: [a, b], image } = cluster;
  const options = { layers: [{ sizeBytes: LAYER_BYTES }] };

  await step("garbage collection at the peer does not end the body that it serves", async () => {
    const name = "lib/collected:v1";
    const collected = await image(name, options);
    await a.pull(name);
    await b.serves(name, collected);
    await upstream.reset();
    const before = await b.peili.bytesGiven();
    await pullThrough({
      by: b,
      name,
      from: [a],
      underWayBytes: UNDER_WAY_BYTES,
      async trouble() {
        await a.remove(name);
        assert.deepEqual(await a.containerd.blobsOnDisk(), []);
      },
    });
    assert.deepEqual(await b.bytesGivenSince(before), { local: 0, peer: collected.totalBytes });
    assert.equal((await upstream.stats()).requests, 0);
  });

  await step("stopped in order, the peer finishes the body that it serves", async () => {
    const name = "lib/stopped:v1";
    const stopped = await image(name, options);
    await a.pull(name);
    await b.serves(name, stopped);
    await upstream.reset();
    const before = await b.peili.bytesGiven();
    await pullThrough({
      by: b,
      name,
      from: [a],
      underWayBytes: UNDER_WAY_BYTES,
      trouble: async () => assert.deepEqual(await a.peili.process.stop(), { code: 0, signal: null }),
    });
    assert.deepEqual(await b.bytesGivenSince(before), { local: 0, peer: stopped.totalBytes });
    assert.equal((await upstream.stats()).requests, 0);
    await a.restartPeili();
  });

  await step("the node's own Peili is killed: upstream goes on at the byte where it stopped", async () => {
    const name = "lib/own-killed:v1";
    const ownKilled = await image(name, options);
    await a.pull(name);
    await b.serves(name, ownKilled);
    await upstream.reset();
    await pullThrough({
      by: b,
      name,
      from: [a],
      underWayBytes: UNDER_WAY_BYTES,
      trouble: () => b.peili.process.kill(),
    });
    await assertContinuedByUpstream(cluster, ownKilled, UNDER_WAY_BYTES);
    await b.restartPeili();
  });

  await step("killed, the only one: upstream goes on at the byte where it stopped", async () => {
    const name = "lib/killed:v1";
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
    await assertContinuedByUpstream(cluster, killed, UNDER_WAY_BYTES);
    await a.restartPeili();
  });

  await step("killed: another peer goes on, and upstream is not asked", async () => {
    const { serving } = await pullShared(cluster, "lib/killed-shared:v1", (node) => node.peili.process.kill());
    await serving.restartPeili();
  });

  let uncut = a;
  await step("cut off without a FIN: another peer goes on, and upstream is not asked", async () => {
    const { serving, other } = await pullShared(cluster, "lib/cut-shared:v1", (node) => node.network.cut());
    await serving.network.heal();
    uncut = other;
  });

  await step("cut off without a FIN, the only one: upstream goes on at the byte where it stopped", async () => {
    const name = "lib/cut:v1";
    const cut = await image(name, options);
    await uncut.pull(name);
    await b.serves(name, cut);
    await upstream.reset();
    await pullThrough({
      by: b,
      name,
      from: [uncut],
      underWayBytes: UNDER_WAY_BYTES,
      trouble: () => uncut.network.cut(),
    });
    await assertContinuedByUpstream(cluster, cut, UNDER_WAY_BYTES);
  });

  /** Lets `b` pull what both other nodes have, with trouble at the one that serves it. */
  async function pullShared(
    { nodes: [a, b, c], image, upstream }: Cluster,
    name: string,
    trouble: (serving: ClusterNode) => Promise<unknown>,
  ): Promise<{ serving: ClusterNode; other: ClusterNode }> {
    const shared = await image(name, options);
    await a.pull(name);
    await c.serves(name, shared);
    await c.pull(name);
    await c.announced();
    await b.serves(name, shared);
    await upstream.reset();
    const [given, givenByA, givenByC] = await Promise.all([
      b.peili.bytesGiven(),
      a.peili.bytesUploaded(),
      c.peili.bytesUploaded(),
    ]);
    let serving = a, other = c;
    await pullThrough({
      by: b,
      name,
      from: [a, c],
      underWayBytes: UNDER_WAY_BYTES,
      async trouble() {
        const [byA, byC] = await Promise.all([a.peili.bytesUploaded(), c.peili.bytesUploaded()]);
        if (byC - givenByC > byA - givenByA) [serving, other] = [c, a];
        await trouble(serving);
      },
    });
    assert.deepEqual(await b.bytesGivenSince(given), { local: 0, peer: shared.totalBytes });
    assert.equal((await upstream.stats()).requests, 0);
    return { serving, other };
  }
});
