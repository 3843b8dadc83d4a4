import { getLogger } from "@logtape/logtape";
import { errorMessage } from "../core/errors.ts";
import { linkedAbort } from "../core/linked_abort.ts";
import { SECOND_MS } from "../core/units.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Provider } from "../routing/router.ts";
import type { PeerListener } from "../trust/peer_client.ts";
import type { BlobPath } from "./blob_path.ts";
import { type BlobReader, type BlobSpan, openBlobSource } from "./blob_source.ts";
import { combinedReader } from "./combined_reader.ts";
import type { ExhaustedContent } from "./exhausted.ts";
import { type Progress, StalledError } from "./failover_reader.ts";
import type { PeerFetcher } from "./peer_fetcher.ts";
import type { Places } from "./places.ts";
import type { FindOptions, ProviderSearch } from "./provider_search.ts";
import { SlowSource } from "./slow_source.ts";

/** How long it may take until the headers of a blob can be sent, in milliseconds. */
export const HEADERS_TIMEOUT_MS = 5 * SECOND_MS;
/** How long finding another source in the middle of a body may take, in milliseconds. */
const REOPEN_TIMEOUT_MS = 5 * SECOND_MS;
/** How often one provider may fail within one body: once more, as a connection can break that another one survives. */
const FAILURES_PER_PROVIDER = 2;
/** How often the source of one body may change at all. */
const REOPENS_MAX = 16;
/** How many providers are looked for when one is too slow, and how often, as there may be more later. */
const HELPERS_MAX = 6;
const SEARCHES_MAX = 8;

const logger = getLogger(["peili", "transfer"]);

/** What {@linkcode BlobSources} works with. */
export interface BlobSourcesComponents {
  /** Finds who has it. */
  providers: ProviderSearch;
  /** Asks them. */
  peers: PeerFetcher;
  /** Hears of bodies that ended early. */
  exhausted: ExhaustedContent;
  /** Bounds how many bodies are read from several providers at once. */
  combining: Places;
  /** Counts bytes and switches. */
  metrics: Metrics;
}

/** Who can help a provider that is slow. */
interface Helpers {
  /** The slow one. */
  source: Provider;
  /** How fast it is, in bytes per second. */
  rate: number;
  /** The first one that can help, and those that may be found after it. */
  found: Provider;
  more: AsyncGenerator<Provider, undefined>;
}

/** The sources of one relayed body. */
export class BlobSources {
  readonly #components: BlobSourcesComponents;
  readonly #path: BlobPath;
  readonly #span: BlobSpan;
  readonly #from: readonly Provider[] | undefined;
  readonly #failures = new Map<string, number>();
  readonly #ids = new Set<string>();
  readonly #ended: AbortController;
  readonly #slow: SlowSource;
  /** Given back when the body ends. */
  readonly #held = new DisposableStack();
  /** The only provider that is being read from; undefined when there are several. */
  #provider: Provider | undefined;
  #reading: Disposable | undefined;
  /** Who can help a slow provider: at least one, once it is found. */
  #helpers: Helpers | undefined;
  #searching = false;
  #searches = 0;
  #reopens = 0;

  constructor(components: BlobSourcesComponents, path: BlobPath, options: BlobSpan & FindOptions) {
    const { from, signal, ...span } = options;
    this.#components = components;
    this.#path = path;
    this.#span = span;
    this.#from = from;
    this.#slow = new SlowSource(span.end - span.start + 1);
    this.#ended = linkedAbort(signal);
  }

  /** The ids of all that were read from. */
  get ids(): Iterable<string> {
    return this.#ids;
  }

  /**
   * Opens the first source.
   *
   * @throws {CandidatesExhaustedError} If no peer could answer.
   * @throws {DOMException} If that took too long or the signal aborts.
   */
  first(): Promise<BlobReader> {
    return this.#open(this.#span.start, HEADERS_TIMEOUT_MS);
  }

  /** Lets everything go. */
  end(): void {
    this.#reading?.[Symbol.dispose]();
    this.#held.dispose();
    this.#ended.abort(new DOMException("The body ended", "AbortError"));
  }

  /**
   * Opens another source at a byte of the blob.
   *
   * @param reason Why the one before failed.
   * @throws what the last provider failed with, when no one is left: the blob counts as exhausted then.
   */
  async reopen(start: number, reason: unknown): Promise<BlobReader> {
    this.#ended.signal.throwIfAborted(); // the client went away, which says nothing about the peer
    const { metrics, exhausted } = this.#components;
    const { digest } = this.#path;
    this.#blame(reason, start);
    try {
      if (++this.#reopens > REOPENS_MAX) throw new Error(`Cannot read on: ${REOPENS_MAX} sources failed`);
      const reader = await this.#open(start, REOPEN_TIMEOUT_MS);
      metrics.resumedBodies.inc();
      return reader;
    } catch (cause) {
      if (this.#ended.signal.aborted) throw cause; // the client went away meanwhile
      exhausted.add(digest);
      metrics.exhaustedBodies.inc();
      logger.warn("No peer is left for {digest} at byte {start}: {reason}", {
        digest,
        start,
        reason: errorMessage(cause),
      });
      throw cause;
    }
  }

  /**
   * Returns a reader of several providers at once, once the one that is being read from was found to be slow and another
   * one was found.
   */
  better(progress: Progress): BlobReader | undefined {
    const source = this.#provider;
    if (!source) return undefined;
    if (this.#helpers?.source.id === source.id) return this.#combine(this.#helpers, progress.received);
    const rate = this.#slow.judge(progress);
    if (rate !== undefined && !this.#searching && this.#searches < SEARCHES_MAX) this.#findHelpers(source, rate);
    return undefined;
  }

  async #findHelpers(source: Provider, rate: number): Promise<void> {
    this.#searching = true;
    this.#searches++;
    const more = this.#others(source);
    try {
      const { value: found } = await more.next();
      if (found) this.#helpers = { source, rate, found, more };
    } catch (reason) {
      logger.debug("Cannot look for more peers: {reason}", { reason: errorMessage(reason) });
    }
    this.#searching = false;
  }

  #combine({ source, rate, found, more }: Helpers, received: number): BlobReader | undefined {
    this.#helpers = undefined;
    const place = this.#components.combining.take();
    if (!place) return undefined;
    this.#held.use(place);
    this.#provider = undefined;
    this.#searches = SEARCHES_MAX; // what was combined once and failed is read from one provider
    this.#components.metrics.combinedBodies.inc();
    const start = this.#span.start + received;
    logger.debug("Reading {digest} from several peers from byte {start} on", { digest: this.#path.digest, start });
    const left = [found];
    return combinedReader({
      next: async () => left.shift() ?? (await more.next()).value,
      open: (provider, span, signal) => this.#openPiece(provider, span, signal),
    }, { start, end: this.#span.end + 1, first: { source, rate } });
  }

  async #open(start: number, timeoutMs: number): Promise<BlobReader> {
    this.#ended.signal.throwIfAborted();
    const { peers } = this.#components;
    const attempt = (peer: PeerListener, signal: AbortSignal) =>
      openBlobSource(peers.client, peer, this.#path, { ...this.#span, start, signal });
    const { provider, value } = await peers.fetch(this.#candidates(), attempt, {
      path: this.#path,
      timeoutMs,
      signal: this.#ended.signal,
    });
    this.#ended.signal.throwIfAborted(); // which has ended what was opened, too
    this.#provider = provider;
    this.#reading?.[Symbol.dispose]();
    this.#reading = peers.ranking.reading(provider.id);
    this.#ids.add(provider.id);
    logger.debug("Reading {digest} from peer {peer} at byte {start}", {
      digest: this.#path.digest,
      peer: provider.id,
      start,
    });
    return value;
  }

  async #openPiece(
    provider: Provider,
    { start, end }: { start: number; end: number },
    signal: AbortSignal,
  ): Promise<BlobReader> {
    const { peers } = this.#components;
    const { size } = this.#span;
    const attempt = (peer: PeerListener, signal: AbortSignal) =>
      openBlobSource(peers.client, peer, this.#path, { start, end, size, signal });
    const bound = { path: this.#path, timeoutMs: REOPEN_TIMEOUT_MS, signal };
    const { value } = await peers.fetch([provider], attempt, bound);
    this.#ids.add(provider.id);
    return value;
  }

  /** Providers, without those that have failed too often in this body. */
  async *#candidates(options: FindOptions = {}): AsyncGenerator<Provider, undefined> {
    const find = { from: this.#from, signal: this.#ended.signal, ...options };
    for await (const provider of this.#components.providers.find(this.#path, find)) {
      if ((this.#failures.get(provider.id) ?? 0) < FAILURES_PER_PROVIDER) yield provider;
    }
  }

  /** Providers beside the first one. */
  async *#others(first: Provider): AsyncGenerator<Provider, undefined> {
    for await (const provider of this.#candidates({ count: HELPERS_MAX })) {
      if (provider.id === first.id || this.#ended.signal.aborted) continue;
      this.#held.use(this.#components.peers.ranking.reading(provider.id));
      yield provider;
    }
  }

  #blame(reason: unknown, start: number): void {
    const failed = this.#provider?.id;
    if (failed !== undefined) {
      const failures = reason instanceof StalledError ? FAILURES_PER_PROVIDER : (this.#failures.get(failed) ?? 0) + 1;
      this.#failures.set(failed, failures);
      if (failures >= FAILURES_PER_PROVIDER) this.#components.peers.reputation.failed(failed);
    }
    logger.info("Peer {peer} failed at byte {start} of {digest}: {reason}", {
      peer: failed ?? "of several",
      start,
      digest: this.#path.digest,
      reason: errorMessage(reason),
    });
  }
}
