import assert from "@std/assert";
import { MIB } from "../../../src/core/units.ts";
import { aloneMs } from "../harness/alone.ts";
import { assertContent } from "../harness/assert_content.ts";
import { describeRollout } from "../harness/describe_rollout.ts";
import { assertAllPulled, pullWatched, rollOut, slowestMs } from "../harness/roll_out.ts";
import { layersOf } from "../harness/rollout_images.ts";
import type { Scenario } from "../harness/test_scenarios.ts";
import { assertShare, upstreamShare } from "../harness/upstream_share.ts";
import { ALONE_MAX } from "./cold_rollout.ts";

/** So slow that the first MiB of a layer, and containerd writes nothing smaller, takes longer than three seconds. */
const SLOW_MBIT = 2.5;

const TWELVE = Array.from({ length: 12 }, (_, index) => ({ ...layersOf(3)[0], sizeBytes: 3 * MIB, seed: `${index}` }));

/** Two images with the same twelve layers, each pulled by a half of the cluster. */
function oppositeOrder(name: string, repositories: readonly [string, string]): Scenario {
  return {
    name,
    async run(rollouts) {
      const alone = await aloneMs(rollouts, {
        layers: TWELVE.map(({ seed, ...layer }) => ({ ...layer, seed: `~${seed}` })),
      });
      const up = await rollouts.newImage({ layers: TWELVE }, `${repositories[0]}:up`);
      const down = await rollouts.newImage({ layers: TWELVE.toReversed() }, `${repositories[1]}:down`);
      await rollouts.cluster.upstream.reset();
      const pulls = rollouts.nodes.map((node, index) => ({ node, ...(index % 2 ? up : down) }));
      const rollout = await rollOut(pulls);
      assertAllPulled(rollout);
      const share = upstreamShare(await rollouts.requests(), up.image, down.image);
      console.log(describeRollout("opposite order", rollout, share, alone));
      for (const { node, image } of pulls) await assertContent([node], image);
      assertShare(share, { copies: 1.1 });
      assert.ok(slowestMs(rollout) <= ALONE_MAX * alone, `slower than ${ALONE_MAX} times one node alone`);
    },
  };
}

/** Two tags of one repository: only those fly together that may have content of the same one. */
const OPPOSITE_ORDER: Scenario = oppositeOrder(
  "two images with the same twelve layers in opposite order: nodes that lead and follow do not wait in a ring",
  ["lib/opposite", "lib/opposite"],
);

/** For a cluster where it does not matter which repository content belongs to. */
export const TWO_REPOSITORIES: Scenario = oppositeOrder(
  "images of two repositories with the same twelve layers, in opposite order, cost one copy",
  ["lib/one-way", "lib/other-way"],
);

const SLOW_UPSTREAM: Scenario = {
  name: "an upstream whose first MiB takes longer than three seconds is asked once, not by everybody in the end",
  async run(rollouts) {
    const slow = await rollouts.newImage({ layers: layersOf(3, 1) });
    await rollouts.limitUpstream(SLOW_MBIT);
    const rollout = await rollouts.rollOut(slow);
    assertAllPulled(rollout);
    const share = upstreamShare(await rollouts.requests(), slow.image);
    console.log(describeRollout(`${SLOW_MBIT} Mbit/s`, rollout, share));
    assertShare(share);
  },
};

const JOINING: Scenario = {
  name: "nodes that join in the middle and just after the end take part",
  async run(rollouts) {
    const joined = await rollouts.newImage({ layers: layersOf(24, 4) });
    const first = rollouts.nodes.slice(0, -4);
    const middle = rollouts.nodes.slice(-4, -2);
    const last = rollouts.nodes.slice(-2);
    const startMs = performance.now();
    await rollouts.cluster.upstream.reset();
    const pull = (node: typeof first[number]) => pullWatched({ node, ...joined }, { startMs });
    const early = first.map(pull);
    await rollouts.node(0).hasIngested(12 * MIB, joined.image.layers);
    const joining = middle.map(pull);
    await Promise.all(early);
    const rollout = await Promise.all([...early, ...joining, ...last.map(pull)]);
    assertAllPulled(rollout);
    const share = upstreamShare(await rollouts.requests(), joined.image);
    console.log(describeRollout("joining", rollout, share));
    await assertContent(rollouts.nodes, joined.image);
    assertShare(share);
  },
};

/** What looked right with one node after the other, and was not with many. */
export const TRAPS: readonly Scenario[] = [OPPOSITE_ORDER, SLOW_UPSTREAM, JOINING];
