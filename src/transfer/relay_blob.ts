import { getLogger } from "@logtape/logtape";
import { errorMessage } from "../core/errors.ts";
import { SECOND_MS } from "../core/units.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Digest } from "../oci/digest.ts";
import type { DistributionPath } from "../oci/distribution_path.ts";
import type { Provider } from "../routing/router.ts";
import { type BlobReader, type BlobSpan, fetchBlobSize, openBlobSource } from "./blob_source.ts";
import type { DescriptorCache } from "./descriptor_cache.ts";
import type { ExhaustedContent } from "./exhausted.ts";
import type { PeerFetcher } from "./peer_fetcher.ts";
import type { FindOptions, ProviderSearch } from "./provider_search.ts";
import type { BlobVerifier } from "./blob_verifier.ts";
import { StalledError } from "./failover_reader.ts";
import { relayBody, type RelayBodyOptions } from "./relay_body.ts";
import { verifiedBody, type VerifiedBodySource } from "./verified_body.ts";

/** How long it may take until the headers of a blob can be sent, in milliseconds. */
const HEADERS_TIMEOUT_MS = 5 * SECOND_MS;
/** How long finding another source in the middle of a body may take, in milliseconds. */
const REOPEN_TIMEOUT_MS = 5 * SECOND_MS;
/** How often one provider may fail within one body: once more, as a connection can break that another one survives. */
const FAILURES_PER_PROVIDER = 2;
/** How often the source of one body may change at all. */
const REOPENS_MAX = 16;

const logger = getLogger(["peili", "transfer"]);

/** A blob that is named by its digest. */
export type BlobPath = DistributionPath & { digest: Digest };

/** What {@linkcode BlobRelay} works with. */
export interface BlobRelayComponents {
  /** Finds who has it. */
  providers: ProviderSearch;
  /** Asks them. */
  peers: PeerFetcher;
  /** Knows the sizes that manifests told. */
  descriptors: DescriptorCache;
  /** Hears of bodies that ended early. */
  exhausted: ExhaustedContent;
  /** Checks what passes. */
  verifier: BlobVerifier;
  /** Counts bytes and switches. */
  metrics: Metrics;
}

/** Streams blobs from peers, from another peer at the same byte when one fails. */
export class BlobRelay {
  readonly #components: BlobRelayComponents;
  readonly #options: RelayBodyOptions;

  constructor(components: BlobRelayComponents, options: RelayBodyOptions = {}) {
    this.#components = components;
    this.#options = options;
  }

  /**
   * Tells the size of a blob that a peer has.
   *
   * @returns The size in bytes: what the manifest says, which the peer must agree with, or else the peer's word.
   * @throws {CandidatesExhaustedError} If no peer has it.
   */
  async size(path: BlobPath, options: FindOptions = {}): Promise<number> {
    const { providers, peers, descriptors } = this.#components;
    const known = descriptors.size(path.digest);
    const attempt = async (host: string, signal: AbortSignal) => {
      const size = await fetchBlobSize(peers.client, host, path, { signal });
      if (known === undefined || size === known) return size;
      throw new TypeError(`Cannot use the blob at ${host}: it has ${size} bytes where its manifest says ${known}`);
    };
    const found = providers.find(path, options);
    return (await peers.fetch(found, attempt, { ...options, path, timeoutMs: HEADERS_TIMEOUT_MS })).value;
  }

  /**
   * Opens bytes of a blob.
   *
   * @returns The bytes of the span; the stream fails when no peer is left that could give the rest.
   * @throws {CandidatesExhaustedError} If no peer could answer.
   * @throws {DOMException} If that took too long or the signal aborts.
   */
  async open(
    path: BlobPath,
    span: BlobSpan,
    options: FindOptions = {},
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const source = await new Relay(this.#components, path, { ...span, from: options.from }).start(options.signal);
    const { start, end, size } = span;
    if (end === size - 1) return verifiedBody(this.#components.verifier, source, this.#options);
    // A part of a blob cannot be checked, and no download goes on behind it.
    const reopen = (received: number, reason: unknown) => source.reopen(start + received, reason);
    return relayBody({ ...source, length: end - start + 1, reopen }, this.#options);
  }
}

/** One relayed body. */
class Relay {
  readonly #components: BlobRelayComponents;
  readonly #path: BlobPath;
  readonly #span: BlobSpan;
  readonly #from: readonly Provider[] | undefined;
  readonly #failures = new Map<string, number>();
  readonly #sources = new Set<string>();
  readonly #ended = new AbortController();
  #provider: Provider | undefined;
  #reading: Disposable | undefined;
  #reopens = 0;

  constructor(components: BlobRelayComponents, path: BlobPath, options: BlobSpan & FindOptions) {
    const { from, ...span } = options;
    this.#components = components;
    this.#path = path;
    this.#span = span;
    this.#from = from;
  }

  async start(signal?: AbortSignal): Promise<VerifiedBodySource & { reader: BlobReader }> {
    signal?.throwIfAborted();
    signal?.addEventListener("abort", () => this.#ended.abort(signal.reason), {
      once: true,
      signal: this.#ended.signal,
    });
    const { start, size } = this.#span;
    const bytes = this.#components.metrics.bytes.labels("peer");
    return {
      digest: this.#path.digest,
      start,
      total: size,
      reader: await this.#open(start, HEADERS_TIMEOUT_MS),
      reopen: (offset, reason) => this.#reopen(offset, reason),
      sources: () => this.#sources,
      onBytes: (count) => bytes.inc(count),
      onEnd: () => this.#end(),
    };
  }

  #end(): void {
    this.#reading?.[Symbol.dispose]();
    this.#ended.abort(new DOMException("The body ended", "AbortError"));
  }

  async #open(start: number, timeoutMs: number): Promise<BlobReader> {
    const { peers } = this.#components;
    const attempt = (host: string, signal: AbortSignal) =>
      openBlobSource(peers.client, host, this.#path, { ...this.#span, start, signal });
    const { provider, value } = await peers.fetch(this.#candidates(), attempt, {
      path: this.#path,
      timeoutMs,
      signal: this.#ended.signal,
    });
    this.#ended.signal.throwIfAborted(); // which has ended what was opened, too
    this.#provider = provider;
    this.#reading?.[Symbol.dispose]();
    this.#reading = peers.ranking.reading(provider.id);
    this.#sources.add(provider.id);
    logger.debug("Reading {digest} from peer {peer} at byte {start}", {
      digest: this.#path.digest,
      peer: provider.id,
      start,
    });
    return value;
  }

  /** Providers, without those that have failed too often in this body. */
  async *#candidates(): AsyncGenerator<Provider> {
    const options = { from: this.#from, signal: this.#ended.signal };
    for await (const provider of this.#components.providers.find(this.#path, options)) {
      if ((this.#failures.get(provider.id) ?? 0) < FAILURES_PER_PROVIDER) yield provider;
    }
  }

  async #reopen(start: number, reason: unknown): Promise<BlobReader> {
    this.#ended.signal.throwIfAborted(); // the client went away, which says nothing about the peer
    const { metrics, exhausted } = this.#components;
    const { digest } = this.#path;
    const failed = this.#provider?.id ?? "";
    const failures = reason instanceof StalledError ? FAILURES_PER_PROVIDER : (this.#failures.get(failed) ?? 0) + 1;
    this.#failures.set(failed, failures);
    if (failures >= FAILURES_PER_PROVIDER) this.#components.peers.reputation.failed(failed);
    logger.info("Peer {peer} failed at byte {start} of {digest}: {reason}", {
      peer: failed,
      start,
      digest,
      reason: errorMessage(reason),
    });
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
}
