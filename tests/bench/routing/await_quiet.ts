import { SECOND_MS } from "../../../src/core/units.ts";
import type { BenchCluster } from "./bench_cluster.ts";

/** How long the nodes have to come to rest: in large clusters they still connect to each other for a while. */
const TIMEOUT_MS = 240 * SECOND_MS;
/** Over what time it is looked, and how often in a row they have to be at rest. */
const WINDOW_MS = 3 * SECOND_MS;
const WINDOWS = 2;
/** What is rest: which share of a processor each node and each process has. */
const RESTING_SHARE = 0.005;

/**
 * Waits until the nodes do no more than idle nodes do, as what they do besides would be measured too: they share a few
 * processors here.
 *
 * @returns Which share of a processor one node takes then, on average.
 * @throws {Error} If they do not come to rest.
 */
export async function awaitQuiet(cluster: Pick<BenchCluster, "hosts" | "nodes">): Promise<number> {
  const { hosts, nodes } = cluster;
  const parts = hosts.length + nodes.length;
  const giveUpMs = performance.now() + TIMEOUT_MS;
  let [before, atMs] = [await cpuSeconds(cluster), performance.now()];
  for (let resting = 0, sum = 0; performance.now() < giveUpMs;) {
    await new Promise((resolve) => setTimeout(resolve, WINDOW_MS));
    const [after, nowMs] = [await cpuSeconds(cluster), performance.now()];
    const share = (after - before) / ((nowMs - atMs) / SECOND_MS) / parts;
    [before, atMs] = [after, nowMs];
    [resting, sum] = share <= RESTING_SHARE ? [resting + 1, sum + share] : [0, 0];
    if (resting >= WINDOWS) return sum / resting;
  }
  throw new Error(`Cannot measure ${nodes.length} nodes: they do not come to rest in ${TIMEOUT_MS / SECOND_MS} s`);
}

async function cpuSeconds({ hosts }: Pick<BenchCluster, "hosts">): Promise<number> {
  const usages = await Promise.all(hosts.map((host) => host.call("usage", {})));
  return usages.reduce((sum, usage) => sum + usage.cpuSeconds, 0);
}
