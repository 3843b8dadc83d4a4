import type { ClusterNode } from "../../integration/harness/cluster_node.ts";
import { until } from "../../support/until.ts";
import type { Stage } from "./troubled_rollout.ts";

/** A parent of a body that counts, in bytes: more than manifests and configs. */
const WORTH_BYTES = 256 * 1024;

/** Finds the node, but for the lead, that gives the most bytes to others just now. */
export async function busiestParent({ followers }: Stage): Promise<ClusterNode> {
  const before = await Promise.all(followers.map(({ peili }) => peili.bytesUploaded()));
  return await until("a follower to give bytes to another one", async () => {
    const now = await Promise.all(followers.map(({ peili }) => peili.bytesUploaded()));
    const given = now.map((bytes, index) => bytes - (before[index] ?? 0));
    const most = Math.max(...given);
    return most >= WORTH_BYTES && followers[given.indexOf(most)];
  }, { timeoutMs: 5_000 });
}
