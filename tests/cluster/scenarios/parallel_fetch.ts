import assert from "@std/assert";
import { assertContent } from "../harness/assert_content.ts";
import { describeRollout } from "../harness/describe_rollout.ts";
import { assertAllPulled } from "../harness/roll_out.ts";
import { layersOf } from "../harness/rollout_images.ts";
import type { Scenario } from "../harness/test_scenarios.ts";
import { askersOf, upstreamShare } from "../harness/upstream_share.ts";

/** Layers that are fetched in several pieces, and one that is not. */
const LAYERS = { layers: layersOf(16, 8, 1) };

/** What happens where containerd fetches layers in parallel pieces. */
export const PARALLEL_FETCH: readonly Scenario[] = [{
  name: "a layer is fetched in pieces by one node, and as one stream by those that follow",
  async run(rollouts) {
    const pieces = await rollouts.newImage(LAYERS);
    const rollout = await rollouts.rollOut(pieces);
    assertAllPulled(rollout);
    const requests = await rollouts.requests();
    const share = upstreamShare(requests, pieces.image);
    console.log(describeRollout("parallel pieces", rollout, share));
    await assertContent(rollouts.nodes, pieces.image);
    assert.ok(share.layerGets > 1, "containerd was to fetch in pieces, or this shows nothing");
    // Not the bytes: every piece is asked for up to the end of the layer, and given up after a few MiB.
    for (const { digest } of pieces.image.layers) assert.equal(askersOf(requests, digest).size, 1);
  },
}];
