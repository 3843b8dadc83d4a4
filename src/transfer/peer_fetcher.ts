import { getLogger } from "@logtape/logtape";
import type { CallOptions } from "../core/call_options.ts";
import { errorMessage, isAbort } from "../core/errors.ts";
import { SECOND_MS } from "../core/units.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { DistributionPath } from "../oci/distribution_path.ts";
import type { PeerWatcher, Provider } from "../routing/router.ts";
import type { PeerClient, PeerListener } from "../trust/peer_client.ts";
import { WrongBytesError } from "./body_check.ts";
import { hedge } from "./hedge.ts";
import { isGuess } from "./likely_providers.ts";
import { LatencyEstimate } from "./latency.ts";
import { PeerReputation } from "./peer_reputation.ts";
import { PeerResponseError } from "./peer_request.ts";
import { SourceRanking } from "./source_ranking.ts";

/** How long one address of a peer may take before its next one is tried beside it, as in RFC 8305, in milliseconds. */
const ADDRESS_STAGGER_MS = 15;

/** The share of attempts that is waited for before the next provider is asked beside the late one. */
const HEDGE_QUANTILE = 0.9;

/** The longest wait before a second provider is asked, in milliseconds. */
const HEDGE_MAX_MS = 1_000;

const logger = getLogger(["peili", "transfer"]);

/** How one attempt at one address of a peer is made. Aborting the signal must release everything it holds. */
export type PeerAttempt<T> = (peer: PeerListener, signal: AbortSignal) => Promise<T>;

/** An answer, and who gave it. */
export interface PeerAnswer<T> {
  /** Who answered. */
  provider: Provider;
  /** What the attempt returned. */
  value: T;
}

/** How a call to peers is bounded. */
export interface FetchFromPeersOptions extends CallOptions {
  /** How long all attempts together may take, in milliseconds. */
  timeoutMs: number;
  /** What is asked for: a peer that answers 404 is not asked for it again for a while. */
  path?: DistributionPath;
}

/** What a {@linkcode PeerFetcher} works with. */
export interface PeerFetcherComponents {
  /** Makes requests to peers. */
  client: PeerClient;
  /** Where requests are counted. */
  metrics: Metrics;
  /** Hears how peers did. @default one that nobody asks */
  reputation?: PeerReputation;
  /** Hears how long peers took to answer. @default one that nobody asks */
  ranking?: SourceRanking;
  /** Hears of peers that fail, to look whether they are there. @default nobody does */
  watcher?: PeerWatcher;
}

/** How a {@linkcode PeerFetcher} paces itself. */
export interface PeerFetcherOptions {
  /** The shortest wait before a second provider is asked beside a late one, in milliseconds. @default {5} */
  hedgeMinMs?: number;
}

/** An attempt that brought nothing for this long counts as failed, even if another one only overtook it. */
const LATE_MS = SECOND_MS;

/** Asks providers for something, the next one as soon as one fails or is slower than peers usually are. */
export class PeerFetcher {
  /** Makes requests to peers. */
  readonly client: PeerClient;
  readonly #metrics: Metrics;
  /** Hears how peers did. */
  readonly reputation: PeerReputation;
  /** Hears how long peers took to answer. */
  readonly ranking: SourceRanking;
  readonly #watcher: PeerWatcher | undefined;
  readonly #hedgeMinMs: number;
  readonly #latency = new LatencyEstimate();

  /** @throws {RangeError} If an option is out of range. */
  constructor(components: PeerFetcherComponents, options: PeerFetcherOptions = {}) {
    const { hedgeMinMs = 5 } = options;
    if (!(hedgeMinMs >= 0)) {
      throw new RangeError(`Cannot ask peers as hedgeMinMs must be >= 0: current value is ${hedgeMinMs}`);
    }
    this.#hedgeMinMs = hedgeMinMs;
    this.client = components.client;
    this.#metrics = components.metrics;
    this.reputation = components.reputation ?? new PeerReputation();
    this.ranking = components.ranking ?? new SourceRanking();
    this.#watcher = components.watcher;
  }

  /**
   * Makes attempts until one succeeds.
   *
   * @throws {CandidatesExhaustedError} If no provider could answer.
   * @throws {DOMException} If the time is over or the signal aborts.
   */
  fetch<T>(
    providers: AsyncIterable<Provider> | Iterable<Provider>,
    attempt: PeerAttempt<T>,
    options: FetchFromPeersOptions,
  ): Promise<PeerAnswer<T>> {
    const delayMs = Math.min(Math.max(this.#latency.quantileMs(HEDGE_QUANTILE), this.#hedgeMinMs), HEDGE_MAX_MS);
    const ask = async (provider: Provider, signal: AbortSignal) => {
      const hedgeHosts = { delayMs: ADDRESS_STAGGER_MS, timeoutMs: options.timeoutMs, signal };
      const askHost = (host: string, signal: AbortSignal) => attempt({ id: provider.id, host }, signal);
      const ask = () => hedge(provider.hosts, askHost, hedgeHosts);
      return { provider, value: await this.#observed(provider, options.path, ask) };
    };
    return hedge(providers, ask, { ...options, delayMs });
  }

  /** Every end of an attempt is an observation, so that the estimate cannot lock itself out. */
  async #observed<T>(provider: Provider, path: DistributionPath | undefined, run: () => Promise<T>): Promise<T> {
    const startMs = performance.now();
    try {
      const value = await run();
      this.#metrics.peerRequests.inc({ result: "ok" });
      this.reputation.succeeded(provider.id);
      this.ranking.answered(provider.id, performance.now() - startMs);
      return value;
    } catch (reason) {
      if (!isAbort(reason)) this.#failed(provider, path, reason);
      else if (performance.now() - startMs >= LATE_MS) this.#unreliable(provider);
      throw reason;
    } finally {
      this.#latency.observe(performance.now() - startMs);
    }
  }

  #unreliable({ id }: Provider): void {
    this.reputation.failed(id);
    this.#watcher?.failed(id);
  }

  #failed(provider: Provider, path: DistributionPath | undefined, reason: unknown): void {
    const cause = reason instanceof Error && reason.cause !== undefined ? reason.cause : reason;
    const { status = 0, retryAfterMs = undefined } = cause instanceof PeerResponseError ? cause : {};
    const result = retryAfterMs !== undefined ? "busy" : status === 404 ? "missing" : "failed";
    this.#metrics.peerRequests.inc({ result });
    if (result === "failed") this.#unreliable(provider);
    if (retryAfterMs !== undefined) this.reputation.full(provider.id, retryAfterMs);
    if (result === "missing" && path && !isGuess(provider)) this.reputation.missed(provider.id, path);
    if (cause instanceof WrongBytesError) this.reputation.lied(provider.id, cause.digest);
    logger.debug("Peer {peer} could not answer: {reason}", { peer: provider.id, reason: errorMessage(cause) });
  }
}
