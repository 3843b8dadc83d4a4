import assert from "@std/assert";
import { until } from "../../support/until.ts";
import { describeRollout } from "../harness/describe_rollout.ts";
import { assertAllPulled } from "../harness/roll_out.ts";
import { ROLLOUT_IMAGES } from "../harness/rollout_images.ts";
import type { Scenario } from "../harness/test_scenarios.ts";
import { assertShare, upstreamShare } from "../harness/upstream_share.ts";

/** What happens where containerd removes layers as soon as they are unpacked. */
export const DISCARDED_LAYERS: readonly Scenario[] = [{
  name: "all nodes pull at once, and share the layers while they come, though none is kept",
  async run(rollouts) {
    const wanted = await rollouts.newImage(ROLLOUT_IMAGES["mixed layers"]);
    const rollout = await rollouts.rollOut(wanted);
    assertAllPulled(rollout); // containerd has verified what it unpacked
    const share = upstreamShare(await rollouts.requests(), wanted.image);
    console.log(describeRollout("layers discarded", rollout, share));
    assertShare(share);
    for (const { containerd, network } of rollouts.nodes) {
      await until(`${network.name} to discard the layers`, async () => {
        const blobs = new Set(await containerd.blobsOnDisk());
        assert.ok(blobs.has(wanted.image.manifest.digest));
        return wanted.image.layers.every(({ digest }) => !blobs.has(digest));
      });
    }
  },
}];
