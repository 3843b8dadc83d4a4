import { contentKeys } from "../../support/routing/content_keys.ts";
import type { LookupOutcome } from "../../support/routing/host_calls.ts";
import type { BenchCluster } from "./bench_cluster.ts";
import type { Figure } from "./figure.ts";
import { isHolder } from "./is_holder.ts";
import { percentile } from "./percentile.ts";
import { SHARED_FIGURES } from "./shared_figures.ts";

/** How long a lookup may take at most, in milliseconds. */
const DEADLINE_MS = 5_000;
/** What lookups may take on 50 nodes, in milliseconds. */
const BUDGET = { nodes: 50, hitP50Ms: 2, p99Ms: 20 };

/** How lookups are measured. */
export interface MeasureLookupsOptions {
  /** How many keys that nobody has are looked up. */
  misses: number;
}

/** Looks keys up in another process than the one that announced them, each key once, so that no cache can help. */
export async function measureLookups(
  cluster: BenchCluster,
  keys: readonly string[],
  { misses }: MeasureLookupsOptions,
): Promise<Figure[]> {
  const { asker, nodes: { length: nodes } } = cluster;
  const budget = nodes === BUDGET.nodes ? BUDGET : undefined;
  const hits = await asker.lookup(keys, { deadlineMs: DEADLINE_MS });
  const missed = await asker.lookup(contentKeys(`nobody has ${nodes}`, misses), { deadlineMs: DEADLINE_MS });
  const ids = cluster.nodes.map(({ id }) => id);
  const found = hits.filter(({ providers }) => providers.length > 0);
  const elsewhere = hits.filter(({ providers }, at) =>
    providers.length > 0 && !isHolder(asker.id, ids, keys[at] ?? "")
  );
  const figures: Figure[] = [
    {
      nodes,
      what: `lookups of ${keys.length} announced keys that find nothing`,
      value: hits.length - found.length,
      atMost: 0,
    },
    { nodes, what: SHARED_FIGURES.hitP50, value: firstMs(found, 0.5), atMost: budget?.hitP50Ms },
    { nodes, what: "lookup hit p99, ms", value: firstMs(found, 0.99), atMost: budget?.p99Ms },
  ];
  if (elsewhere.length > 0) {
    figures.push(
      { nodes, what: SHARED_FIGURES.remoteHitP50, value: firstMs(elsewhere, 0.5) },
      { nodes, what: "lookup hit p99, record at other nodes, ms", value: firstMs(elsewhere, 0.99) },
    );
  }
  figures.push(
    { nodes, what: SHARED_FIGURES.missP50, value: endMs(missed, 0.5) },
    { nodes, what: "lookup miss decided p99, ms", value: endMs(missed, 0.99), atMost: budget?.p99Ms },
  );
  return figures;
}

function firstMs(outcomes: readonly LookupOutcome[], share: number): number | undefined {
  const times = outcomes.map(({ providers }) => providers[0]?.atMs ?? Infinity);
  return times.length > 0 ? percentile(times, share) : undefined;
}

function endMs(outcomes: readonly LookupOutcome[], share: number): number {
  return percentile(outcomes.map((outcome) => outcome.endMs), share);
}
