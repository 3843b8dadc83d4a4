import type { BuildImageOptions } from "../../support/image/build_image.ts";
import { assertAllPulled, slowestMs } from "./roll_out.ts";
import type { RolloutCluster } from "./rollout_cluster.ts";

/** Measures how long one node needs alone, without Peili, for an image of the same shape over the same link. */
export async function aloneMs(rollouts: RolloutCluster, options: BuildImageOptions): Promise<number> {
  const node = rollouts.node(0);
  const like = await rollouts.newImage(options);
  await node.withoutPeili();
  try {
    const rollout = await rollouts.rollOut(like, { nodes: [node] });
    assertAllPulled(rollout);
    return slowestMs(rollout);
  } finally {
    await node.configureRegistry();
  }
}
