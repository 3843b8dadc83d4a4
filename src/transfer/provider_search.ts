import { getLogger } from "@logtape/logtape";
import type { CallOptions } from "../core/call_options.ts";
import { deadline } from "../core/deadline.ts";
import { errorMessage } from "../core/errors.ts";
import { beginSpan } from "../core/trace.ts";
import { SECOND_MS } from "../core/units.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Provider, ProviderFinder } from "../routing/router.ts";
import { LikelyProviders } from "./likely_providers.ts";
import { contentKey, type DistributionPath } from "../oci/distribution_path.ts";
import { PeerReputation } from "./peer_reputation.ts";
import { readAhead } from "./read_ahead.ts";
import { SourceRanking } from "./source_ranking.ts";

const logger = getLogger(["peili", "transfer"]);

/** What {@linkcode ProviderSearch} works with. */
export interface ProviderSearchComponents {
  /** Where providers are looked up. */
  router: ProviderFinder;
  /** Where lookups are counted. */
  metrics: Metrics;
  /** Knows whom not to ask. @default one that knows nobody yet */
  reputation?: PeerReputation;
  /** Chooses among providers. @default one that knows nothing of them yet */
  ranking?: SourceRanking;
}

/** How lookups are bounded. */
export interface ProviderSearchOptions {
  /** How long a lookup may take, in milliseconds. @default {20} */
  resolveTimeoutMs?: number;
  /** The most providers that are tried. @default {3} */
  resolveRetries?: number;
}

/** What is known before a lookup. */
export interface FindOptions extends CallOptions {
  /** Nodes that are known to have it. @default nobody */
  from?: readonly Provider[];
  /** The most providers that are yielded. @default {as many as are tried} */
  count?: number;
}

/** How many providers are looked up, so that there is a choice. */
const CANDIDATES_MAX = 8;
/** How long the lookup is waited for when the likely provider is known already, in milliseconds. */
const GATHER_MS = 2;
/** How many keys are looked up ahead for one manifest, and how many of them at once. */
const AHEAD_MAX = 64;
const AHEAD_CONCURRENCY = 4;

/** Finds providers within the deadline of a pull, and counts how that went. */
export class ProviderSearch {
  readonly #router: ProviderFinder;
  readonly #metrics: Metrics;
  readonly #reputation: PeerReputation;
  readonly #ranking: SourceRanking;
  readonly #likely = new LikelyProviders();
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
    this.#reputation = components.reputation ?? new PeerReputation();
    this.#ranking = components.ranking ?? new SourceRanking();
    this.#timeoutMs = resolveTimeoutMs;
    this.#limit = resolveRetries;
  }

  /**
   * Yields providers of an object, the best of those that are found so far; ends at the deadline, at the limit, or when
   * the signal aborts. Peers that are not worth asking now are left out, and those that said they are full do not count.
   *
   * The deadline is that of finding them. Trying one takes longer, so the others are collected meanwhile.
   */
  async *find(path: DistributionPath, options: FindOptions = {}): AsyncGenerator<Provider> {
    const key = contentKey(path);
    const likely = this.#likely.get(key);
    const { count = this.#limit } = options;
    const known = [...options.from ?? [], ...likely ? [likely] : []];
    const yielded = new Set<string>();
    for await (const provider of this.#lookUp(key, known, options)) {
      if (yielded.has(provider.id) || !this.#reputation.worthAsking(provider.id, path)) continue;
      yielded.add(provider.id);
      yield provider;
      if (provider === likely) this.#likely.delete(key); // another one is wanted
      if (yielded.values().filter((id) => !this.#reputation.busy(id)).toArray().length >= count) return;
    }
  }

  /**
   * Notes that a provider gave a manifest that refers to these keys, and looks for other providers of them in the
   * background, before anybody asks.
   */
  expect(keys: readonly string[], provider: Provider): void {
    this.#likely.add(keys, provider);
    const ahead = keys.slice(0, AHEAD_MAX).values();
    for (let worker = 0; worker < AHEAD_CONCURRENCY; worker++) this.#lookUpAll(ahead);
  }

  /** Ends soon: every lookup has the deadline of a pull. */
  async #lookUpAll(keys: Iterator<string>): Promise<void> {
    for (let key = keys.next(); !key.done; key = keys.next()) {
      const bound = { limit: CANDIDATES_MAX, signal: AbortSignal.timeout(this.#timeoutMs) };
      try {
        for await (const _provider of readAhead(this.#router.lookup(key.value, bound), bound));
      } catch (reason) {
        logger.debug("Cannot look up {key} ahead: {reason}", { key: key.value, reason: errorMessage(reason) });
      }
    }
  }

  async *#lookUp(key: string, known: readonly Provider[], { signal }: CallOptions): AsyncGenerator<Provider> {
    const startMs = performance.now();
    const span = beginSpan("peili.lookup", { "peili.key": key });
    const stop = new AbortController();
    const bound = AbortSignal.any([deadline(this.#timeoutMs, signal), stop.signal]);
    let found = false;
    const onFound = () => {
      if (!found) this.#observe(startMs);
      found = true;
    };
    const lookup = this.#router.lookup(key, { limit: Math.max(this.#limit, CANDIDATES_MAX), signal: bound });
    const ids = new Set(known.map(({ id }) => id));
    try {
      yield* readAhead(others(lookup, ids, onFound), {
        signal: bound,
        initial: known,
        gatherMs: GATHER_MS,
        choose: (providers) => this.#ranking.choose(providers, ids),
      });
    } finally {
      stop.abort();
      if (!found) this.#observe(startMs);
      this.#metrics.lookups.inc({ result: found ? "hit" : "miss" });
      span.setAttribute("peili.found", found);
      span.end();
    }
  }

  #observe(startMs: number): void {
    this.#metrics.resolveDuration.observe({ router: "libp2p" }, (performance.now() - startMs) / SECOND_MS);
  }
}

/** Yields the providers that are not known already, and tells of each that is found. */
async function* others(
  found: AsyncIterable<Provider>,
  known: ReadonlySet<string>,
  onFound: () => void,
): AsyncGenerator<Provider> {
  for await (const provider of found) {
    onFound();
    if (!known.has(provider.id)) yield provider;
  }
}
