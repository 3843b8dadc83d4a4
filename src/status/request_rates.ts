import { MINUTE_MS, SECOND_MS } from "../core/units.ts";

/** Counters at one moment; they only grow. */
export interface RequestCounts {
  /** Requests that the cluster could serve. */
  hits: number;
  /** Requests that it could not. */
  misses: number;
  /** Requests of other nodes, and their connections, that were refused. */
  refusedPeers: number;
}

/** What happened of late. */
export interface RecentRequests extends RequestCounts {
  /** The time that is looked at, in minutes: less than the window just after the start. */
  minutes: number;
}

/** The time that counts as "of late", in milliseconds: two rounds of a scrape of Prometheus, and a pod's pull. */
const WINDOW_MS = 5 * MINUTE_MS;
/** How often the counters are looked at, in milliseconds. */
export const SAMPLE_INTERVAL_MS: number = 10 * SECOND_MS;

/** Remembers counters for some minutes, so that a node can tell what it did of late without a Prometheus. */
export class RequestRates {
  readonly #samples: { atMs: number; counts: RequestCounts }[] = [];
  readonly #startedMs: number;
  #lastRequestMs: number | undefined;

  /** @param startedMs When the counters were zero. */
  constructor(startedMs: number) {
    this.#startedMs = startedMs;
    this.#samples.push({ atMs: startedMs, counts: { hits: 0, misses: 0, refusedPeers: 0 } });
  }

  /** When the number of requests was last seen to have grown, in milliseconds since 1970. */
  get lastRequestMs(): number | undefined {
    return this.#lastRequestMs;
  }

  /** Notes the counters as they are now. */
  sample(counts: RequestCounts, nowMs: number): void {
    const before = this.#samples.at(-1)?.counts;
    if (before && counts.hits + counts.misses > before.hits + before.misses) this.#lastRequestMs = nowMs;
    this.#samples.push({ atMs: nowMs, counts });
    // The last sample before the window is where counting begins.
    while ((this.#samples[1]?.atMs ?? Infinity) <= nowMs - WINDOW_MS) this.#samples.shift();
  }

  /** Returns what happened in the last minutes. */
  recent(counts: RequestCounts, nowMs: number): RecentRequests {
    const first = this.#samples[0];
    const sinceMs = first?.atMs ?? this.#startedMs;
    return {
      minutes: Math.round((nowMs - sinceMs) / MINUTE_MS * 10) / 10,
      hits: counts.hits - (first?.counts.hits ?? 0),
      misses: counts.misses - (first?.counts.misses ?? 0),
      refusedPeers: counts.refusedPeers - (first?.counts.refusedPeers ?? 0),
    };
  }
}
