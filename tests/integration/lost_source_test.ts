import assert from "@std/assert";
import { MIB } from "../../src/core/units.ts";
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
  const { upstream, nodes: [a, b, c], image } = cluster;
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
    await a.restartPeili();
    assert.deepEqual(await b.bytesGivenSince(before), { local: 0, peer: stopped.totalBytes });
    assert.equal((await upstream.stats()).requests, 0);
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
    await b.restartPeili();
    await assertContinuedByUpstream(cluster, ownKilled, UNDER_WAY_BYTES);
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
    await a.restartPeili();
    await assertContinuedByUpstream(cluster, killed, UNDER_WAY_BYTES);
  });

  await step("killed: another peer goes on, and upstream is not asked", async () => {
    await pullShared("lib/killed-shared:v1", {
      trouble: (node) => node.peili.process.kill(),
      mend: (node) => node.restartPeili(),
    });
  });

  let uncut = a;
  await step("cut off without a FIN: another peer goes on, and upstream is not asked", async () => {
    uncut = await pullShared("lib/cut-shared:v1", {
      trouble: (node) => node.network.cut(),
      mend: (node) => node.network.heal(),
    });
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
    await uncut.network.heal();
    await assertContinuedByUpstream(cluster, cut, UNDER_WAY_BYTES);
  });

  /** Lets `b` pull what both others have, with trouble at the one that serves it. Returns the one without. */
  async function pullShared(
    name: string,
    { trouble, mend }: Record<"trouble" | "mend", (serving: ClusterNode) => Promise<unknown>>,
  ): Promise<ClusterNode> {
    const shared = await image(name, options);
    await a.pull(name);
    await c.serves(name, shared);
    await c.pull(name);
    await c.announced();
    await b.serves(name, shared);
    await upstream.reset();
    const before = {
      b: await b.peili.bytesGiven(),
      a: await a.peili.bytesUploaded(),
      c: await c.peili.bytesUploaded(),
    };
    let serving: ClusterNode | undefined;
    try {
      await pullThrough({
        by: b,
        name,
        from: [a, c],
        underWayBytes: UNDER_WAY_BYTES,
        async trouble() {
          const [byA, byC] = await Promise.all([a.peili.bytesUploaded(), c.peili.bytesUploaded()]);
          serving = byA - before.a > byC - before.c ? a : c;
          await trouble(serving);
        },
      });
    } finally {
      if (serving) await mend(serving);
    }
    assert.deepEqual(await b.bytesGivenSince(before.b), { local: 0, peer: shared.totalBytes });
    assert.equal((await upstream.stats()).requests, 0);
    return serving === a ? c : a;
  }
});
