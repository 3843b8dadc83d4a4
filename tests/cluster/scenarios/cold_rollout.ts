import assert from "@std/assert";
import { MIB } from "../../../src/core/units.ts";
import type { BuildImageOptions } from "../../support/image/build_image.ts";
import { aloneMs } from "../harness/alone.ts";
import { assertContent } from "../harness/assert_content.ts";
import { describeRollout } from "../harness/describe_rollout.ts";
import { assertAllPulled, slowestMs } from "../harness/roll_out.ts";
import type { RolloutCluster } from "../harness/rollout_cluster.ts";
import { layersOf, ROLLOUT_IMAGES } from "../harness/rollout_images.ts";
import type { Scenario } from "../harness/test_scenarios.ts";
import { assertShare, upstreamShare } from "../harness/upstream_share.ts";

/**
 * A bound that is no measure of speed: without flights the slowest of eight nodes needs eight times as long as one
 * alone. How long it really takes is printed, and measured by `deno task bench rollout`.
 */
export const ALONE_MAX = 6;

/** Every shape of image, pulled by all nodes at once. */
export const COLD_ROLLOUTS: readonly Scenario[] = Object.entries(ROLLOUT_IMAGES).map(([shape, options]) => ({
  name: `${shape}: all nodes pull at once, and upstream gives one copy`,
  run: (rollouts) => coldRollout(rollouts, shape, options),
}));

/** One shape alone, for the containerds that are only looked at. */
export const MIXED_ROLLOUT: Scenario = {
  name: "all nodes pull at once, and upstream gives one copy",
  run: (rollouts) => coldRollout(rollouts, "mixed layers", ROLLOUT_IMAGES["mixed layers"]),
};

/** What the others are compared with. */
export const BASELINE: Scenario = {
  name: "without Peili, upstream gives a copy to every node",
  async run(rollouts) {
    const { nodes } = rollouts;
    const small = await rollouts.newImage({ layers: layersOf(4, 2) });
    await Promise.all(nodes.map((node) => node.withoutPeili()));
    try {
      const rollout = await rollouts.rollOut(small);
      assertAllPulled(rollout);
      const share = upstreamShare(await rollouts.requests(), small.image);
      console.log(describeRollout(`without Peili, ${Math.round(small.image.totalBytes / MIB)} MiB`, rollout, share));
      assert.equal(share.copies, nodes.length);
    } finally {
      await Promise.all(nodes.map((node) => node.configureRegistry()));
    }
  },
};

async function coldRollout(rollouts: RolloutCluster, shape: string, options: BuildImageOptions): Promise<void> {
  const alone = await aloneMs(rollouts, options);
  const fresh = await rollouts.newImage(options);
  const rollout = await rollouts.rollOut(fresh);
  assertAllPulled(rollout);
  const share = upstreamShare(await rollouts.requests(), fresh.image);
  console.log(describeRollout(shape, rollout, share, alone));
  await assertContent(rollouts.nodes, fresh.image);
  assertShare(share);
  assert.ok(slowestMs(rollout) <= ALONE_MAX * alone, `slower than ${ALONE_MAX} times one node alone`);
}
