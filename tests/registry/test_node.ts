import { DirectClient } from "../../src/http/direct_client.ts";
import { listen, type Listener } from "../../src/http/listener.ts";
import { observe } from "../../src/http/observe.ts";
import { Metrics } from "../../src/metrics/metrics.ts";
import { registryFilter, type RegistryFilterOptions } from "../../src/oci/filter.ts";
import {
  LocalContent,
  type LocalContentComponents,
  type LocalContentOptions,
} from "../../src/registry/local_content.ts";
import { type Audience, Registry } from "../../src/registry/registry.ts";
import { RemoteContent } from "../../src/registry/remote_content.ts";
import type { ProviderFinder } from "../../src/routing/router.ts";
import { MemoryStore } from "../../src/store/memory_store.ts";
import { BlobVerifier } from "../../src/transfer/blob_verifier.ts";
import { DescriptorCache } from "../../src/transfer/descriptor_cache.ts";
import { ExhaustedContent } from "../../src/transfer/exhausted.ts";
import { PeerFetcher } from "../../src/transfer/peer_fetcher.ts";
import { PeerReputation } from "../../src/transfer/peer_reputation.ts";
import { ProviderSearch } from "../../src/transfer/provider_search.ts";
import { BlobRelay } from "../../src/transfer/relay_blob.ts";
import { ManifestRelay } from "../../src/transfer/relay_manifest.ts";
import { metricSum } from "../support/prometheus_text.ts";

/** How a {@linkcode TestNode} is made. */
export interface TestNodeOptions extends RegistryFilterOptions, LocalContentOptions {
  /** What it holds. @default an empty store */
  store?: LocalContentComponents["store"];
  /** Whom it finds. @default nobody */
  router?: ProviderFinder;
  /** How long a relayed body may stall, in milliseconds. @default {10_000} */
  stallMs?: number;
}

/** The router of the tests ends by itself; this is for a machine that is busy. */
const RESOLVE_TIMEOUT_MS = 2_000;

/** A registry on loopback with a store and a router of the test. Disposing of it closes every connection. */
export class TestNode implements AsyncDisposable {
  readonly metrics = new Metrics();
  readonly registry: Registry;
  readonly #client = new DirectClient();
  readonly #listeners: Listener[] = [];
  #port: number | undefined;

  constructor(options: TestNodeOptions = {}) {
    const { store = new MemoryStore(), router = { lookup: nobody }, matchRepository, stallMs } = options;
    const { metrics } = this;
    const reputation = new PeerReputation();
    const providers = new ProviderSearch({ router, metrics, reputation }, { resolveTimeoutMs: RESOLVE_TIMEOUT_MS });
    const peers = new PeerFetcher({ client: this.#client, metrics, reputation });
    const descriptors = new DescriptorCache();
    const exhausted = new ExhaustedContent();
    const manifests = new ManifestRelay({ providers, peers, descriptors });
    const verifier = new BlobVerifier({ reputation, exhausted, metrics });
    const blobs = new BlobRelay({ providers, peers, descriptors, exhausted, verifier, metrics }, { stallMs });
    this.registry = new Registry({
      local: new LocalContent({ store, descriptors, metrics }, { matchRepository }),
      remote: new RemoteContent({ manifests, blobs, descriptors, exhausted, metrics }),
      filter: registryFilter(options),
      health: () => Response.json({ status: "ready" }),
      metrics,
    });
  }

  /** Answers a request without a connection. */
  handle(request: Request, audience: Audience = "clients"): Promise<Response> {
    return this.registry.handle(request, audience);
  }

  /** Starts a listener and returns its port. */
  listen(audience: Audience = "clients"): number {
    const handler = observe((request) => this.registry.handle(request, audience), this.metrics, {
      label: () => "test",
      listener: audience,
    });
    const listener = listen({ hostname: "127.0.0.1", port: 0 }, handler);
    this.#listeners.push(listener);
    return listener.port;
  }

  /** Asks a listener for clients as a client does. */
  async fetch(path: string, init?: RequestInit): Promise<Response> {
    this.#port ??= this.listen();
    return await this.#client.fetch(`http://127.0.0.1:${this.#port}${path}`, init);
  }

  /** Returns the sum of a metric's series that have these labels. */
  async metric(name: string, labels: Record<string, string> = {}): Promise<number> {
    return metricSum(await this.metrics.registry.metrics(), name, labels);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client[Symbol.dispose]();
    await Promise.all(this.#listeners.map((listener) => listener[Symbol.asyncDispose]()));
  }
}

async function* nobody(): AsyncGenerator<never> {}
