import assert from "@std/assert";
import type { ClusterNode } from "../../integration/harness/cluster_node.ts";
import { partitionNodes } from "../../support/network/partition_nodes.ts";
import { until } from "../../support/until.ts";
import { coordinatorOf } from "../harness/coordinator_of.ts";
import { busiestParent } from "../harness/busiest_parent.ts";
import type { Scenario } from "../harness/test_scenarios.ts";
import { assertRight, type Stage, troubledRollout, withoutLeaks } from "../harness/troubled_rollout.ts";
import { assertShare, upstreamShare } from "../harness/upstream_share.ts";

/** One copy, and what was on its way to a node that is gone: a few MiB in the buffers of its connection. */
const ONE_COPY = { copies: 1.25 };
/** One copy, and the rest of a second one: a containerd that has lost its Peili goes on by itself. */
const TWO_COPIES = { copies: 2.1, manifestGets: 3, configGets: 3 };
/** Leads are bounded by the number of parts that do not hear each other, plus one. */
const THREE_LEADS = { copies: 3.1, layerGets: 3, manifestGets: 4, configGets: 4 };

/** The lead's node crashes when it has so much of the large layer. */
function leadKilled(name: string, at: number, layerMib: number): Scenario {
  return {
    name: `the lead crashes ${name}: another one goes on at its byte`,
    run: (rollouts) =>
      withoutLeaks(rollouts, async () => {
        const result = await troubledRollout(rollouts, { at, layerMib, trouble: ({ lead }) => lead.kill() });
        await assertRight(result, result.followed);
        assert.ok(result.led.error);
        assertShare(upstreamShare(result.requests, result.wanted.image), ONE_COPY);
      }),
  };
}

/** The lead's node crashes in the middle. */
export const LEAD_KILLED: Scenario = leadKilled("in the middle", 0.5, 24);

/** The lead's node crashes at other moments. */
export const LEAD_KILLED_ELSEWHEN: readonly Scenario[] = [
  leadKilled("when it has begun", 0.1, 24),
  leadKilled("when it is nearly done", 0.985, 70),
];

/** One Peili is killed; its containerd goes on by itself. */
function peiliKilled(name: string, victim: (stage: Stage) => Promise<ClusterNode>): Scenario {
  return {
    name: `the Peili of ${name} is killed: every pull goes on`,
    run: (rollouts) =>
      withoutLeaks(rollouts, async () => {
        const result = await troubledRollout(rollouts, {
          trouble: async (stage) => await (await victim(stage)).peili.process.kill(),
        });
        await assertRight(result, [result.led, ...result.followed]);
        assertShare(upstreamShare(result.requests, result.wanted.image), TWO_COPIES);
      }),
  };
}

/** A node is no longer heard, and does not hear; nobody is told. */
function cutOff(name: string, victim: (stage: Stage) => Promise<ClusterNode>): Scenario {
  return {
    name: `${name} is cut off silently: the others do not wait for it`,
    run: (rollouts) =>
      withoutLeaks(rollouts, async () => {
        let cut: ClusterNode | undefined;
        try {
          const result = await troubledRollout(rollouts, {
            async trouble(stage) {
              cut = await victim(stage);
              await cut.network.cut();
              // Its own pull cannot end, as it does not reach upstream either: it hears again when the others are done.
              await untilPulled(stage, stage.rollouts.nodes.filter((node) => node !== cut));
              await cut.network.heal();
              cut = undefined;
            },
          });
          await assertRight(result, [result.led, ...result.followed].filter(({ error }) => !error));
          assert.ok([result.led, ...result.followed].filter(({ error }) => error).length <= 1);
          assertShare(upstreamShare(result.requests, result.wanted.image), TWO_COPIES);
        } finally {
          await cut?.network.heal();
        }
      }),
  };
}

const PARTITION: Scenario = {
  name: "the cluster falls apart in the middle: each half has a lead at most, and both finish",
  run: (rollouts) =>
    withoutLeaks(rollouts, async () => {
      const half = Math.floor(rollouts.nodes.length / 2);
      const [one, other] = [rollouts.nodes.slice(0, half), rollouts.nodes.slice(half)];
      let partition: AsyncDisposable | undefined;
      try {
        const result = await troubledRollout(rollouts, {
          trouble: async () => partition = await partitionNodes(one.map(networkOf), other.map(networkOf)),
        });
        await assertRight(result, [result.led, ...result.followed]);
        assertShare(upstreamShare(result.requests, result.wanted.image), THREE_LEADS);
      } finally {
        await partition?.[Symbol.asyncDispose]();
      }
    }),
};

const CONTAINERD_RESTARTED: Scenario = {
  name: "the lead's containerd is killed and starts again: the others go on, and its next pull is right",
  run: (rollouts) =>
    withoutLeaks(rollouts, async () => {
      const result = await troubledRollout(rollouts, {
        trouble: ({ lead }) => lead.containerd.restart({ kill: true }),
      });
      await assertRight(result, result.followed);
      assert.ok(result.led.error);
      await result.lead.pull(result.wanted.name);
      await assertRight(result, [{ ...result.led, error: undefined }]);
      assertShare(upstreamShare(await rollouts.requests(), result.wanted.image), ONE_COPY);
    }),
};

/** What happens when a part of the cluster is gone in the middle of a download. */
export const LOST_NODES: readonly Scenario[] = [
  peiliKilled("the lead", ({ lead }) => Promise.resolve(lead)),
  peiliKilled("the coordinator", coordinatorOf),
  peiliKilled("a node that others read from", busiestParent),
  cutOff("the lead", ({ lead }) => Promise.resolve(lead)),
  cutOff("a node that others read from", busiestParent),
  PARTITION,
  CONTAINERD_RESTARTED,
];

/** Waits until nodes have all of the large layer. */
async function untilPulled({ wanted }: Stage, nodes: readonly ClusterNode[]): Promise<void> {
  for (const { containerd, network } of nodes) {
    await until(`${network.name} to have every blob`, async () => {
      const blobs = new Set(await containerd.blobsOnDisk());
      return wanted.image.layers.every(({ digest }) => blobs.has(digest));
    }, { timeoutMs: 60_000, intervalMs: 200 });
  }
}

function networkOf({ network }: ClusterNode): ClusterNode["network"] {
  return network;
}
