import { REPLICATION } from "../../../src/routing/dht/constants.ts";
import { KIB, SECOND_MS } from "../../../src/core/units.ts";
import { until } from "../../support/until.ts";
import type { BenchCluster } from "./bench_cluster.ts";
import type { Figure } from "./figure.ts";
import { SHARED_FIGURES } from "./shared_figures.ts";
import { socketTraffic } from "./socket_traffic.ts";

/** How long all records may take to their places, in milliseconds. */
const PLACED_TIMEOUT_MS = 120 * SECOND_MS;
/** What 1,000 keys may take on 50 nodes, in seconds and seconds of CPU time. */
const BUDGET = { keys: 1_000, nodes: 50, seconds: 5, cpuSeconds: 1 };

/** Announces keys and measures until every record is where it belongs: at the 20 nodes closest to its key. */
export async function measureAnnounce(cluster: BenchCluster, keys: readonly string[]): Promise<Figure[]> {
  const { announcer, nodes: { length: nodes } } = cluster;
  const { host } = announcer;
  const replicas = Math.min(REPLICATION, nodes - 1);
  const before = await cluster.records();
  const wanted = before + keys.length * replicas;
  const usage = await host.call("usage", {});
  const traffic = await socketTraffic(host.pid);
  const startMs = performance.now();
  await announcer.announce(keys);
  const placed = await until("all records to be placed", async () => await cluster.records() >= wanted, {
    timeoutMs: PLACED_TIMEOUT_MS,
  }).catch(() => false);
  const seconds = (performance.now() - startMs) / SECOND_MS;
  const records = await cluster.records() - before;
  const { stallMs, ...used } = await host.call("usage", {});
  const cpuSeconds = used.cpuSeconds - usage.cpuSeconds;
  const after = await socketTraffic(host.pid);
  const budget = nodes === BUDGET.nodes && keys.length === BUDGET.keys ? BUDGET : undefined;
  const what = (text: string) => `announce ${keys.length} keys: ${text}`;
  return [
    {
      nodes,
      what: what("until all records are placed, s"),
      value: placed ? seconds : undefined,
      atMost: budget?.seconds,
    },
    { nodes, what: what("CPU of the announcer, s"), value: cpuSeconds, atMost: budget?.cpuSeconds },
    { nodes, what: SHARED_FIGURES.announceKey, value: placed ? seconds * SECOND_MS / keys.length : undefined },
    { nodes, what: SHARED_FIGURES.announceKeyCpu, value: cpuSeconds * SECOND_MS / keys.length },
    { nodes, what: what("event loop held up at most, ms"), value: stallMs },
    { nodes, what: what("records placed, one message each"), value: records },
    ...(traffic && after
      ? [
        { nodes, what: what("bytes in and out, KiB"), value: (after.bytes - traffic.bytes) / KIB },
        { nodes, what: what("TCP segments with data"), value: after.segments - traffic.segments },
      ]
      : []),
  ];
}
