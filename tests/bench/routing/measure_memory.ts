import { MIB } from "../../../src/core/units.ts";
import { until } from "../../support/until.ts";
import { contentKeys } from "../../support/routing/content_keys.ts";
import { RouterHost } from "../../support/routing/router_host.ts";
import type { BenchCluster } from "./bench_cluster.ts";
import type { Figure } from "./figure.ts";
import { SHARED_FIGURES } from "./shared_figures.ts";

/** What a node alone in its process may take that does nothing, in MiB. */
const IDLE_BUDGET_MIB = 100;
/** The records of others that a busy node holds. */
const BUSY_RECORDS = 20_000;
/** How long nodes do nothing until they are idle, in milliseconds: V8 collects what joining left behind. */
const IDLE_MS = 20_000;
/** How long the records have to their places, in milliseconds. */
const PLACED_TIMEOUT_MS = 120_000;

/** Returns the resident memory of a process without nodes, in MiB. */
export async function emptyHostMib(program: string): Promise<number> {
  await using host = await RouterHost.start({ name: "empty", program });
  return (await host.call("usage", {})).residentBytes / MIB;
}

/** Returns what each of the nodes that share a process takes beyond an empty one, in MiB. */
export async function nodeMemory({ sharedHosts, nodes }: BenchCluster, emptyMib: number): Promise<number> {
  const usages = await Promise.all(sharedHosts.map((host) => host.call("usage", {})));
  const mib = usages.reduce((sum, { residentBytes }) => sum + residentBytes / MIB - emptyMib, 0);
  return mib / (nodes.length - 2); // two have processes of their own
}

/** Measures what the nodes of a cluster take that have only joined, a while ago. */
export async function measureIdleMemory(cluster: BenchCluster, emptyMib: number): Promise<Figure[]> {
  const { announcer, nodes: { length: nodes } } = cluster;
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  const aloneMib = (await announcer.host.call("usage", {})).residentBytes / MIB;
  return [
    { nodes, what: "memory of an idle node alone in its process, MiB", value: aloneMib, atMost: IDLE_BUDGET_MIB },
    { nodes, what: SHARED_FIGURES.nodeMemory, value: await nodeMemory(cluster, emptyMib) },
  ];
}

/**
 * Measures what records of others take, and a node with many of them. For clusters in which every node holds every
 * record, as otherwise far more keys would have to be announced.
 */
export async function measureRecordMemory(cluster: BenchCluster): Promise<Figure[]> {
  const { announcer, nodes: { length: nodes } } = cluster;
  const before = await heap(cluster);
  const others = cluster.nodes.filter((node) => node !== announcer);
  const keysPerNode = Math.ceil(BUSY_RECORDS / others.length);
  for (const [at, node] of others.entries()) await node.announce(contentKeys(`of ${nodes} node ${at}`, keysPerNode));
  await until("the records", async () => (await announcer.stats()).records >= before.records + BUSY_RECORDS, {
    timeoutMs: PLACED_TIMEOUT_MS,
    intervalMs: 500,
  });
  const { residentBytes } = await announcer.host.call("usage", {});
  const after = await heap(cluster);
  const perThousand = (after.bytes - before.bytes) / MIB / ((after.records - before.records) / 1_000);
  return [
    { nodes, what: "memory per 1,000 records of others, MiB of heap", value: perThousand },
    {
      nodes,
      what: `memory of a node with ${after.keys} keys and ${after.records} records, MiB`,
      value: residentBytes / MIB,
    },
  ];
}

async function heap({ announcer }: BenchCluster): Promise<{ bytes: number; records: number; keys: number }> {
  const { heapBytes } = await announcer.host.call("usage", { collect: true });
  const { records, announcedKeys } = await announcer.stats();
  return { bytes: heapBytes, records, keys: announcedKeys };
}
