import type { Metrics } from "../metrics/metrics.ts";

/** Anything of prom-client that has values with labels. */
interface Valued {
  get(): Promise<{ values: { labels: Partial<Record<string, string | number>>; value: number }[] }>;
}

/** Returns the values of a counter by one of its labels, added up over the others. */
export async function countsBy(counter: Valued, label: string): Promise<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const { labels, value } of (await counter.get()).values) {
    const key = String(labels[label] ?? "");
    sums[key] = (sums[key] ?? 0) + value;
  }
  return sums;
}

/** Returns the sum of all values of a counter. */
export async function countOf(counter: Valued): Promise<number> {
  return (await counter.get()).values.reduce((sum, { value }) => sum + value, 0);
}

/** What is remembered of the requests of the last minutes. */
export async function requestCounts(
  metrics: Metrics,
): Promise<{ hits: number; misses: number; refusedPeers: number }> {
  const { hit = 0, miss = 0 } = await countsBy(metrics.mirrorRequests, "cache");
  return { hits: hit, misses: miss, refusedPeers: await refusedCount(metrics) };
}

/** Returns how often others were refused for want of what the nodes share: requests, and connections to libp2p. */
export async function refusedCount({ refusedPeers, refusedConnections }: Metrics): Promise<number> {
  return await countOf(refusedPeers) + await countOf(refusedConnections);
}
