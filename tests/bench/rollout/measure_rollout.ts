import type { ClusterNode } from "../../integration/harness/cluster_node.ts";
import { assertAllPulled, type NamedImage, slowestMs } from "../../cluster/harness/roll_out.ts";
import type { RolloutCluster } from "../../cluster/harness/rollout_cluster.ts";
import { upstreamShare } from "../../cluster/harness/upstream_share.ts";
import { cpuSeconds } from "../process_usage.ts";
import type { RolloutFigure } from "./rollout_figure.ts";

/** Pulls an image on nodes at once, and measures what that takes. */
export async function measureRollout(
  rollouts: RolloutCluster,
  named: NamedImage,
  { what, nodes = rollouts.nodes }: { what: string; nodes?: readonly ClusterNode[] },
): Promise<RolloutFigure> {
  const before = await usage(rollouts);
  const rollout = await rollouts.rollOut(named, { nodes, timeoutMs: 600_000 });
  assertAllPulled(rollout);
  const after = await usage(rollouts);
  return {
    nodes: nodes.length,
    what,
    seconds: slowestMs(rollout) / 1_000,
    copies: upstreamShare(await rollouts.requests(), named.image).copies,
    peiliCpuSeconds: after.peili - before.peili,
    containerdCpuSeconds: after.containerd - before.containerd,
  };
}

async function usage({ nodes }: RolloutCluster): Promise<{ peili: number; containerd: number }> {
  const sumOf = async (pidOf: (node: ClusterNode) => number) =>
    (await Promise.all(nodes.map((node) => cpuSeconds(pidOf(node))))).reduce((sum, seconds) => sum + seconds, 0);
  return {
    peili: await sumOf(({ peili }) => peili.process.pid),
    containerd: await sumOf(({ containerd }) => containerd.process.pid),
  };
}
