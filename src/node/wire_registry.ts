import type { FlightGate } from "../flight/flight_gate.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Digest } from "../oci/digest.ts";
import type { RegistryFilter } from "../oci/filter.ts";
import { AskedContent } from "../registry/asked_content.ts";
import { BlobSizes } from "../registry/blob_sizes.ts";
import { FlightContent } from "../registry/flight_content.ts";
import { GrowingContent } from "../registry/growing_content.ts";
import { LocalContent } from "../registry/local_content.ts";
import { ParallelFetch } from "../registry/parallel_fetch.ts";
import { Registry } from "../registry/registry.ts";
import { RemoteContent } from "../registry/remote_content.ts";
import type { LayerRetainer } from "../retain/layer_retainer.ts";
import type { Membership } from "../routing/members.ts";
import type { PeerWatcher, ProviderFinder } from "../routing/router.ts";
import type { ContentReader } from "../store/content_store.ts";
import { BlobVerifier } from "../transfer/blob_verifier.ts";
import { DescriptorCache } from "../transfer/descriptor_cache.ts";
import { ExhaustedContent } from "../transfer/exhausted.ts";
import { PeerFetcher } from "../transfer/peer_fetcher.ts";
import { PeerReputation } from "../transfer/peer_reputation.ts";
import { ProviderSearch } from "../transfer/provider_search.ts";
import { Redirects } from "../transfer/redirects.ts";
import type { SharedSecret } from "../trust/cluster_secret.ts";
import type { PeerClient } from "../trust/peer_client.ts";
import { BlobRelay } from "../transfer/relay_blob.ts";
import { SourceRanking } from "../transfer/source_ranking.ts";
import { ManifestRelay } from "../transfer/relay_manifest.ts";
import type { NodeOptions } from "./options.ts";

/** What the registry is put together from. */
export interface RegistryParts {
  store: ContentReader;
  router: ProviderFinder;
  /** Tells where other nodes are and how busy they are. @default nobody does */
  members?: Pick<Membership, "member" | "self">;
  /** Hears of nodes that fail. @default nobody does */
  watcher?: PeerWatcher;
  flights: FlightGate;
  metrics: Metrics;
  filter: RegistryFilter;
  /** Tells how the node is. */
  health: () => Response;
  /** Asks other nodes. */
  client: PeerClient;
  /** Signs URLs at other nodes, where clients are sent there. */
  secret?: SharedSecret;
  /** Keeps layers for other nodes, where that is wanted. */
  retainer?: LayerRetainer;
}

/** How a registry goes about it. */
export interface RegistryOptions
  extends Pick<NodeOptions, "matchRepository" | "mirrorResolveTimeoutMs" | "mirrorResolveRetries" | "peerTransfer"> {
  /** How long a relayed body may stall, in milliseconds. @default {10_000} */
  stallMs?: number;
}

/** Puts the registry together. */
export function wireRegistry(parts: RegistryParts, options: RegistryOptions): Registry {
  const { store, router, members, watcher, flights, metrics, filter, health, client, retainer, secret } = parts;
  const { matchRepository, mirrorResolveTimeoutMs, mirrorResolveRetries } = options;
  const search = { resolveTimeoutMs: mirrorResolveTimeoutMs, resolveRetries: mirrorResolveRetries };
  const reputation = new PeerReputation();
  const ranking = new SourceRanking({ members });
  const providers = new ProviderSearch({ router, metrics, reputation, ranking }, search);
  const peers = new PeerFetcher({ client, metrics, reputation, ranking, watcher });
  const descriptors = new DescriptorCache();
  const exhausted = new ExhaustedContent();
  const verifier = new BlobVerifier({ reputation, exhausted, metrics, ingests: store }, {
    onMismatch: (digest, sources) => {
      flights.suspect(digest);
      for (const source of sources) flights.bad(source, digest);
    },
  });
  const sizes = new BlobSizes({ descriptors, store });
  const asked = new AskedContent({ matchRepository });
  const parallel = new ParallelFetch();
  const redirects = options.peerTransfer === "redirect" && secret && members
    ? new Redirects({ secret, providers, peers, members, verifier, metrics })
    : undefined;
  const remote = new RemoteContent({
    manifests: new ManifestRelay({ providers, peers, descriptors }),
    blobs: new BlobRelay({ providers, peers, descriptors, exhausted, verifier, metrics }, { stallMs: options.stallMs }),
    sizes,
    exhausted,
    parallel,
    redirects,
    metrics,
  });
  const isShared = (digest: Digest) => flights.holds(digest) && !verifier.unverified(digest);
  return new Registry({
    retain: (digest) => retainer?.retain(digest, descriptors.size(digest)),
    local: new LocalContent({ store, descriptors, asked, metrics }, { matchRepository }),
    growing: new GrowingContent({ store, asked, isShared, metrics }),
    remote,
    flight: new FlightContent(
      { flights, remote, sizes, asked, parallel, peers, exhausted, verifier, metrics },
      { matchRepository },
    ),
    asked,
    parallel,
    filter,
    health,
    metrics,
  });
}
