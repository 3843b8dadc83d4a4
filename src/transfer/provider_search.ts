import type { CallOptions } from "../core/call_options.ts";
import { deadline } from "../core/deadline.ts";
import { SECOND_MS } from "../core/units.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Provider, ProviderFinder } from "../routing/router.ts";
import { readAhead } from "./read_ahead.ts";

/** What {@linkcode ProviderSearch} works with. */
export interface ProviderSearchComponents {
  /** Where providers are looked up. */
  router: ProviderFinder;
  /** Where lookups are counted. */
  metrics: Metrics;
}

/** How lookups are bounded. */
export interface ProviderSearchOptions {
  /** How long a lookup may take, in milliseconds. @default {20} */
  resolveTimeoutMs?: number;
  /** The most providers that are tried. @default {3} */
  resolveRetries?: number;
}

/** Looks providers up within the deadline of a pull, and counts how that went. */
export class ProviderSearch {
  readonly #router: ProviderFinder;
  readonly #metrics: Metrics;
  readonly #timeoutMs: number;
  readonly #limit: number;

  /** @throws {RangeError} If an option is out of range. */
  constructor(components: ProviderSearchComponents, options: ProviderSearchOptions = {}) {
    const { resolveTimeoutMs = 20, resolveRetries = 3 } = options;
    if (!(resolveTimeoutMs > 0)) {
      throw new RangeError(`Cannot look up as resolveTimeoutMs must be > 0: current value is ${resolveTimeoutMs}`);
    }
    if (!(Number.isInteger(resolveRetries) && resolveRetries > 0)) {
      throw new RangeError(
        `Cannot look up as resolveRetries must be an integer > 0: current value is ${resolveRetries}`,
      );
    }
    this.#router = components.router;
    this.#metrics = components.metrics;
    this.#timeoutMs = resolveTimeoutMs;
    this.#limit = resolveRetries;
  }

  /**
   * Yields providers of a key as they are found; ends at the deadline, at the limit, or when the signal aborts.
   *
   * The deadline is that of finding them. Trying one takes longer, so the others are collected meanwhile.
   */
  async *find(key: string, { signal }: CallOptions = {}): AsyncGenerator<Provider> {
    const startMs = performance.now();
    const stop = new AbortController();
    const bound = AbortSignal.any([deadline(this.#timeoutMs, signal), stop.signal]);
    let found = false;
    try {
      const lookup = this.#router.lookup(key, { limit: this.#limit, signal: bound });
      for await (const provider of readAhead(lookup, bound)) {
        if (!found) this.#observe(startMs);
        found = true;
        yield provider;
      }
    } finally {
      stop.abort();
      if (!found) this.#observe(startMs);
      this.#metrics.lookups.inc({ result: found ? "hit" : "miss" });
    }
  }

  #observe(startMs: number): void {
    this.#metrics.resolveDuration.observe({ router: "libp2p" }, (performance.now() - startMs) / SECOND_MS);
  }
}
