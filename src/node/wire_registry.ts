import type { DirectClient } from "../http/direct_client.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { RegistryFilter } from "../oci/filter.ts";
import { LocalContent } from "../registry/local_content.ts";
import { Registry } from "../registry/registry.ts";
import { RemoteContent } from "../registry/remote_content.ts";
import type { ProviderFinder } from "../routing/router.ts";
import type { ContentStore } from "../store/content_store.ts";
import { BlobVerifier } from "../transfer/blob_verifier.ts";
import { DescriptorCache } from "../transfer/descriptor_cache.ts";
import { ExhaustedContent } from "../transfer/exhausted.ts";
import { PeerFetcher } from "../transfer/peer_fetcher.ts";
import { PeerReputation } from "../transfer/peer_reputation.ts";
import { ProviderSearch } from "../transfer/provider_search.ts";
import { BlobRelay } from "../transfer/relay_blob.ts";
import { ManifestRelay } from "../transfer/relay_manifest.ts";
import type { Health } from "./health.ts";
import type { NodeOptions } from "./options.ts";

/** What the registry is put together from. */
export interface RegistryParts {
  store: ContentStore;
  router: ProviderFinder;
  metrics: Metrics;
  filter: RegistryFilter;
  health: Health;
  /** Asks other nodes. */
  client: DirectClient;
}

/** Puts the registry together. */
export function wireRegistry(parts: RegistryParts, options: NodeOptions): Registry {
  const { store, router, metrics, filter, health, client } = parts;
  const { matchRepository, mirrorResolveTimeoutMs, mirrorResolveRetries } = options;
  const search = { resolveTimeoutMs: mirrorResolveTimeoutMs, resolveRetries: mirrorResolveRetries };
  const reputation = new PeerReputation();
  const providers = new ProviderSearch({ router, metrics, reputation }, search);
  const peers = new PeerFetcher({ client, metrics, reputation });
  const descriptors = new DescriptorCache();
  const exhausted = new ExhaustedContent();
  const verifier = new BlobVerifier({ reputation, exhausted, metrics });
  const remote = new RemoteContent({
    manifests: new ManifestRelay({ providers, peers, descriptors }),
    blobs: new BlobRelay({ providers, peers, descriptors, exhausted, verifier, metrics }),
    descriptors,
    exhausted,
    metrics,
  });
  const local = new LocalContent({ store, descriptors, metrics }, { matchRepository });
  return new Registry({ local, remote, filter, health: () => health.response(), metrics });
}
