import { DirectClient } from "../../src/http/direct_client.ts";
import { Metrics } from "../../src/metrics/metrics.ts";
import { type Digest, digestOf } from "../../src/oci/digest.ts";
import { MemoryNetwork } from "../../src/routing/memory_router.ts";
import type { IngestReader } from "../../src/store/ingest.ts";
import { BlobVerifier, type BlobVerifierOptions } from "../../src/transfer/blob_verifier.ts";
import { DescriptorCache } from "../../src/transfer/descriptor_cache.ts";
import { ExhaustedContent } from "../../src/transfer/exhausted.ts";
import { PeerFetcher } from "../../src/transfer/peer_fetcher.ts";
import { PeerReputation } from "../../src/transfer/peer_reputation.ts";
import { ProviderSearch } from "../../src/transfer/provider_search.ts";
import type { BlobPath } from "../../src/transfer/blob_path.ts";
import { BlobRelay } from "../../src/transfer/relay_blob.ts";
import { ManifestRelay } from "../../src/transfer/relay_manifest.ts";
import { PeerClient } from "../../src/trust/peer_client.ts";
import { SourceRanking } from "../../src/transfer/source_ranking.ts";
import { patternBytes } from "../registry/stored_image.ts";
import { metricSum } from "../support/prometheus_text.ts";

/** The blob of the tests: longer than anything that it is read in. */
export const CONTENT = patternBytes(900_001);

/** Its digest. */
export const BLOB_DIGEST: Digest = await digestOf(CONTENT);

/** The blob as a request names it. */
export const BLOB: BlobPath = { kind: "blobs", registry: "reg.example", repository: "a", digest: BLOB_DIGEST };

/** What a {@linkcode RelayFixture} is made with. */
export interface RelayFixtureOptions {
  /** The hosts of each provider, in the order in which they are found. */
  providers: readonly (readonly string[])[];
  /** What they provide. @default {[BLOB_DIGEST]} */
  keys?: readonly string[];
  /** How long a body may stall, in milliseconds. @default {10_000} */
  stallMs?: number;
  /** How long a peer may at least take before another one is asked, in milliseconds. @default {1_000} */
  hedgeMinMs?: number;
  /** What containerd is downloading. @default nothing */
  ingests?: IngestReader;
  /** Hears of wrong bytes. */
  onMismatch?: BlobVerifierOptions["onMismatch"];
}

/** The router of the tests ends by itself; this is for a machine that is busy. */
const RESOLVE_TIMEOUT_MS = 5_000;

/** The parts of a node that get content from peers, with peers of the test. */
export class RelayFixture implements Disposable {
  readonly metrics = new Metrics();
  readonly exhausted = new ExhaustedContent();
  readonly descriptors = new DescriptorCache();
  readonly reputation = new PeerReputation();
  /** Takes providers in the order in which they are found. */
  readonly ranking = new SourceRanking({ random: () => 0 });
  readonly verifier: BlobVerifier;
  readonly blobs: BlobRelay;
  readonly manifests: ManifestRelay;
  readonly #http = new DirectClient();

  constructor(options: RelayFixtureOptions) {
    const { providers: found, keys = [BLOB_DIGEST], stallMs, hedgeMinMs = 1_000, ingests, onMismatch } = options;
    const { metrics, exhausted, descriptors, reputation, ranking } = this;
    this.verifier = new BlobVerifier({ reputation, exhausted, metrics, ingests }, { onMismatch });
    const network = new MemoryNetwork();
    for (const hosts of found) network.open({ hosts }).announce(keys);
    const router = network.open({ hosts: ["127.0.0.1:1"] });
    const providers = new ProviderSearch({ router, metrics, reputation, ranking }, {
      resolveTimeoutMs: RESOLVE_TIMEOUT_MS,
    });
    const peers = new PeerFetcher({ client: new PeerClient({ http: this.#http }), metrics, reputation, ranking }, {
      hedgeMinMs,
    });
    const { verifier } = this;
    this.blobs = new BlobRelay({ providers, peers, descriptors, exhausted, verifier, metrics }, { stallMs });
    this.manifests = new ManifestRelay({ providers, peers, descriptors });
  }

  /** Opens bytes of the blob. */
  open(span: { start?: number; end?: number; size: number }, signal?: AbortSignal) {
    const { start = 0, size, end = size - 1 } = span;
    return this.blobs.open(BLOB, { start, end, size }, { signal });
  }

  /** Returns the sum of a metric's series that have these labels. */
  async metric(name: string, labels: Record<string, string> = {}): Promise<number> {
    return metricSum(await this.metrics.registry.metrics(), name, labels);
  }

  [Symbol.dispose](): void {
    this.#http[Symbol.dispose]();
  }
}
