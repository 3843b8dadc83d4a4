import { getLogger } from "@logtape/logtape";
import { LRUCache } from "lru-cache";
import type { CallOptions } from "../core/call_options.ts";
import { MANIFEST_MAX_BYTES } from "../core/limits.ts";
import { MIB, MINUTE_MS, SECOND_MS } from "../core/units.ts";
import { readBounded } from "../http/read_bounded.ts";
import { type Digest, digestOf, isDigest, splitDigest } from "../oci/digest.ts";
import type { DistributionPath } from "../oci/distribution_path.ts";
import { isManifestMediaType, sniffMediaType } from "../oci/media_type.ts";
import { WrongBytesError } from "./body_check.ts";
import type { DescriptorCache } from "./descriptor_cache.ts";
import type { PeerFetcher } from "./peer_fetcher.ts";
import { requestPeer } from "./peer_request.ts";
import type { Provider } from "../routing/router.ts";
import type { ProviderSearch } from "./provider_search.ts";

/** How long getting a manifest from peers may take as a whole, as Spegel's, in milliseconds. */
const MANIFEST_TIMEOUT_MS = 3 * SECOND_MS;

/** How long a manifest is kept: containerd asks for its head, then for its body. */
const KEEP_MS = MINUTE_MS;
/** How much memory the kept manifests may take, in bytes. */
const KEEP_MAX_BYTES = 16 * MIB;

const logger = getLogger(["peili", "transfer"]);

/** A manifest or index whose digest was verified. */
export interface VerifiedManifest {
  /** Its digest. */
  digest: Digest;
  /** Its media type. */
  mediaType: string;
  /** All of it. */
  bytes: Uint8Array<ArrayBuffer>;
}

/** What {@linkcode ManifestRelay} works with. */
export interface ManifestRelayComponents {
  /** Finds who has it. */
  providers: ProviderSearch;
  /** Asks them. */
  peers: PeerFetcher;
  /** Learns the sizes of what the manifest refers to. */
  descriptors: DescriptorCache;
}

/** How a {@linkcode ManifestRelay} looks for a manifest. */
export interface FindManifestOptions extends CallOptions {
  /** Who has it, or is about to: asked before anybody is looked for. @default nobody is known to */
  from?: readonly Provider[];
  /** Whether those are still getting it, so that they are asked to wait for it. @default {false} */
  flight?: boolean;
}

/** Gets manifests from peers: whole, and verified before a byte is passed on. */
export class ManifestRelay {
  readonly #components: ManifestRelayComponents;
  readonly #kept = new LRUCache<string, VerifiedManifest>({
    maxSize: KEEP_MAX_BYTES,
    sizeCalculation: ({ bytes }) => Math.max(bytes.length, 1),
    ttl: KEEP_MS,
  });

  constructor(components: ManifestRelayComponents) {
    this.#components = components;
  }

  /**
   * Gets a manifest, by digest or by tag.
   *
   * @throws {CandidatesExhaustedError} If no peer could give it.
   * @throws {DOMException} If that took too long or the signal aborts.
   */
  async get(path: DistributionPath, options: FindManifestOptions = {}): Promise<VerifiedManifest> {
    const kept = path.digest && this.#kept.get(keptKey(path, path.digest));
    if (kept) return kept;
    const { providers, peers, descriptors } = this.#components;
    const { provider, value } = await peers.fetch(
      providers.find(path, options),
      async (peer, signal) =>
        verified(await requestPeer(peers.client, peer, path, { flight: options.flight, signal }), path),
      { ...options, path, timeoutMs: MANIFEST_TIMEOUT_MS },
    );
    logger.debug("Reading {digest} from peer {peer} at byte {start}", {
      digest: value.digest,
      peer: provider.id,
      start: 0,
    });
    providers.expect(descriptors.learn(value.digest, value.bytes), provider);
    this.#kept.set(keptKey(path, value.digest), value);
    return value;
  }
}

/** A manifest is kept for the repository under which a peer gave it, as it may belong to no other. */
function keptKey({ registry, repository }: DistributionPath, digest: Digest): string {
  return `${registry}/${repository}@${digest}`;
}

/** Reads an answer, and believes it only where the digest agrees: the one asked for, or for a tag the one named. */
async function verified(response: Response, path: DistributionPath): Promise<VerifiedManifest> {
  const bytes = await readBounded(response.body, MANIFEST_MAX_BYTES);
  const named = response.headers.get("docker-content-digest") ?? "";
  const wanted = path.digest ?? (isDigest(named) ? named : undefined);
  if (!wanted) throw new TypeError(`Cannot use the answer of ${response.url}: it names no digest`);
  const digest = await digestOf(bytes, splitDigest(wanted).algorithm);
  if (digest !== wanted) throw new WrongBytesError(wanted);
  const mediaType = sniffMediaType(bytes); // the bytes are verified, the peer's header is not
  if (!isManifestMediaType(mediaType)) throw new TypeError(`Cannot use the answer of ${response.url}: no manifest`);
  return { digest, mediaType, bytes };
}
