import type { ClusterNode } from "../../integration/harness/cluster_node.ts";
import type { Stage } from "./troubled_rollout.ts";

/** Finds the node that coordinates the flight of the large layer. */
export function coordinatorOf({ followers, wanted }: Stage): Promise<ClusterNode> {
  throw new Error(`${followers.length} ${wanted.name}`);
}
