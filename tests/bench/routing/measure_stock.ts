import { SECOND_MS } from "../../../src/core/units.ts";
import { contentKeys } from "../../support/routing/content_keys.ts";
import { until } from "../../support/until.ts";
import { BenchCluster } from "./bench_cluster.ts";
import { isHolder } from "./is_holder.ts";
import { nodeMemory } from "./measure_memory.ts";
import { percentile } from "./percentile.ts";
import type { RoutingStage } from "./routing_stage.ts";
import { SHARED_FIGURES, type SharedFigure } from "./shared_figures.ts";

/** How many keys are provided and looked up: each takes long. */
const KEYS = 12;
/** How long the nodes have to find each other by themselves, in milliseconds. */
const SETTLE_MS = 15 * SECOND_MS;
/** How long one provide may take, in milliseconds. */
const PROVIDE_TIMEOUT_MS = 20 * SECOND_MS;
/** How long one lookup may take, in milliseconds. */
const DEADLINE_MS = 5 * SECOND_MS;

/** Measures `provide` and `findProviders` of the stock kad-dht. */
export async function measureStock(nodes: number, stage: RoutingStage): Promise<Map<SharedFigure, number>> {
  await using cluster = await BenchCluster.start({ nodes, kind: "stock", program: stage.program });
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const figures = new Map<SharedFigure, number>([[
    SHARED_FIGURES.nodeMemory,
    await nodeMemory(cluster, stage.emptyMib),
  ]]);
  const { announcer: { host }, announcer, asker } = cluster;
  const keys = contentKeys("stock", KEYS);
  const { cpuSeconds } = await host.call("usage", {});
  const startMs = performance.now();
  await announcer.announce(keys);
  await until("the keys to be provided", async () => (await announcer.stats()).pendingAnnouncements === 0, {
    timeoutMs: KEYS * PROVIDE_TIMEOUT_MS,
    intervalMs: 20,
  });
  figures.set(SHARED_FIGURES.announceKey, (performance.now() - startMs) / KEYS);
  const usedSeconds = (await host.call("usage", {})).cpuSeconds - cpuSeconds;
  figures.set(SHARED_FIGURES.announceKeyCpu, usedSeconds * SECOND_MS / KEYS);
  const hits = await asker.lookup(keys, { deadlineMs: DEADLINE_MS, limit: 1 });
  const firstMs = hits.map(({ providers: [first] }) => first?.atMs ?? Infinity);
  figures.set(SHARED_FIGURES.hitP50, percentile(firstMs, 0.5));
  const ids = cluster.nodes.map(({ id }) => id);
  const remoteMs = firstMs.filter((_, at) => !isHolder(asker.id, ids, keys[at] ?? ""));
  if (remoteMs.length > 0) figures.set(SHARED_FIGURES.remoteHitP50, percentile(remoteMs, 0.5));
  const misses = await asker.lookup(contentKeys("nobody has", KEYS), { deadlineMs: DEADLINE_MS });
  figures.set(SHARED_FIGURES.missP50, percentile(misses.map(({ endMs }) => endMs), 0.5));
  return figures;
}
