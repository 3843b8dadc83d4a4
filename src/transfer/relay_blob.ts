import { beginSpan, endBodySpan } from "../core/trace.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { PeerListener } from "../trust/peer_client.ts";
import type { BlobPath } from "./blob_path.ts";
import { type BlobSpan, fetchBlobSize } from "./blob_source.ts";
import { BlobSources, HEADERS_TIMEOUT_MS } from "./blob_sources.ts";
import type { BlobVerifier } from "./blob_verifier.ts";
import type { DescriptorCache } from "./descriptor_cache.ts";
import type { ExhaustedContent } from "./exhausted.ts";
import type { PeerFetcher } from "./peer_fetcher.ts";
import type { Progress } from "./failover_reader.ts";
import { Places } from "./places.ts";
import type { FindOptions, ProviderSearch } from "./provider_search.ts";
import { relayBody, type RelayBodyOptions } from "./relay_body.ts";
import { verifiedBody } from "./verified_body.ts";

/** How many bodies are read from several peers at once: each one holds its window in memory. */
const COMBINING_MAX = 4;

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
  readonly #combining = new Places(COMBINING_MAX);

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
    const attempt = async (peer: PeerListener, signal: AbortSignal) => {
      const size = await fetchBlobSize(peers.client, peer, path, { signal });
      if (known === undefined || size === known) return size;
      throw new TypeError(`Cannot use the blob at ${peer.host}: it has ${size} bytes where its manifest says ${known}`);
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
    options.signal?.throwIfAborted();
    const { start, end, size } = span;
    const { metrics, verifier } = this.#components;
    const sources = new BlobSources({ ...this.#components, combining: this.#combining }, path, { ...span, ...options });
    const bytes = metrics.bytes.labels("peer");
    const reader = await sources.first();
    const trace = beginSpan("peili.relay", { "peili.digest": path.digest, "peili.start": start });
    const source = {
      reader,
      reopen: (offset: number, reason: unknown) => sources.reopen(offset, reason),
      better: (progress: Progress) => sources.better(progress),
      onBytes: (count: number) => bytes.inc(count),
      onEnd: (complete: boolean) => {
        endBodySpan(trace, { complete, sources: sources.ids });
        sources.end();
      },
    };
    if (end === size - 1) {
      const blob = { digest: path.digest, start, total: size, sources: () => sources.ids };
      return verifiedBody(verifier, { ...source, ...blob }, this.#options);
    }
    // A part of a blob cannot be checked, and no download goes on behind it.
    const reopen = (received: number, reason: unknown) => sources.reopen(start + received, reason);
    return relayBody({ ...source, length: end - start + 1, reopen }, this.#options);
  }
}
