import { SECOND_MS } from "../../../src/core/units.ts";
import { until } from "../../support/until.ts";
import { awaitQuiet } from "./await_quiet.ts";
import type { BenchCluster } from "./bench_cluster.ts";
import type { Figure } from "./figure.ts";

/** How long the nodes have to know each other, for each of them, in milliseconds. */
const KNOW_TIMEOUT_PER_NODE_MS = 2 * SECOND_MS;
/** How long a node that joins has to find a key, in milliseconds. */
const FIND_TIMEOUT_MS = 30 * SECOND_MS;
/** When a lookup of a node that joins is aborted and made again, in milliseconds. */
const LOOKUP_DEADLINE_MS = 500;

/** Waits until all nodes know each other, and returns how long that took in milliseconds; undefined if they do not. */
export async function awaitFullKnowledge(cluster: BenchCluster): Promise<number | undefined> {
  const startMs = performance.now();
  const everybody = cluster.nodes.length - 1;
  try {
    await until("all nodes to know each other", async () => await cluster.fewestPeers() >= everybody, {
      timeoutMs: everybody * KNOW_TIMEOUT_PER_NODE_MS,
      intervalMs: 500,
    });
    return performance.now() - startMs;
  } catch {
    return undefined;
  }
}

/**
 * Measures how long a node that joins takes to have a peer, to find a key and to know all others.
 *
 * @param key A key that is announced.
 */
export async function measureJoin(cluster: BenchCluster, key: string): Promise<Figure[]> {
  const nodes = cluster.nodes.length;
  await awaitQuiet(cluster);
  const node = await cluster.addNode();
  const startMs = performance.now() - node.openMs;
  await node.awaitPeers(1, FIND_TIMEOUT_MS);
  const peerMs = performance.now() - startMs;
  const [foundMs, knowMs] = await Promise.all([
    until("the key", async () => {
      const [outcome] = await node.lookup([key], { deadlineMs: LOOKUP_DEADLINE_MS });
      return (outcome?.providers.length ?? 0) > 0;
    }, { timeoutMs: FIND_TIMEOUT_MS, intervalMs: 20 }).then(() => performance.now() - startMs, () => undefined),
    node.awaitPeers(nodes, FIND_TIMEOUT_MS).then(() => performance.now() - startMs, () => undefined),
  ]);
  return [
    { nodes, what: "a node joins: until it has a peer, ms", value: peerMs, atMost: SECOND_MS },
    { nodes, what: "a node joins: until it finds a key, ms", value: foundMs },
    { nodes, what: "a node joins: until it knows all, ms", value: knowMs },
  ];
}
