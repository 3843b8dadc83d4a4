import { getLogger } from "@logtape/logtape";
import { LRUCache } from "lru-cache";
import { MIB, MINUTE_MS, SECOND_MS } from "../core/units.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Digest } from "../oci/digest.ts";
import { peerPath } from "../oci/distribution_path.ts";
import type { Membership } from "../routing/members.ts";
import type { Provider } from "../routing/router.ts";
import type { SharedSecret } from "../trust/cluster_secret.ts";
import type { PeerListener } from "../trust/peer_client.ts";
import { signUrl } from "../trust/signed_url.ts";
import type { BlobPath } from "./blob_path.ts";
import { fetchBlobSize } from "./blob_source.ts";
import type { BlobVerifier } from "./blob_verifier.ts";
import type { PeerFetcher } from "./peer_fetcher.ts";
import type { FindOptions, ProviderSearch } from "./provider_search.ts";

/** How long finding a peer that has the blob may take, in milliseconds. */
const LOCATE_TIMEOUT_MS = 2 * SECOND_MS;
/** Smaller blobs are relayed: asking twice would take longer. */
const BLOB_MIN_BYTES = MIB;
/** How long a blob is relayed after a client was sent to a peer for it, in milliseconds: if it asks again, that failed. */
const ONCE_MS = 10 * MINUTE_MS;

const logger = getLogger(["peili", "transfer"]);

/** What {@linkcode Redirects} works with. */
export interface RedirectsComponents {
  /** What the nodes share, which signs. */
  secret: SharedSecret;
  /** Finds who has it. */
  providers: ProviderSearch;
  /** Asks them. */
  peers: PeerFetcher;
  /** Tells which of them are ours: others cannot check signatures. */
  members: Pick<Membership, "member">;
  /** Hears what this node's containerd gets unchecked. */
  verifier: BlobVerifier;
  /** Counts them. */
  metrics: Metrics;
}

/**
 * Sends this node's containerd to the peer that has a blob, instead of passing the bytes on.
 *
 * Nobody can end such a body that stalls, or check it on the way. So a blob is given in this way once: whoever asks for it
 * again soon is given it by a relay.
 */
export class Redirects {
  readonly #components: RedirectsComponents;
  readonly #sent = new LRUCache<Digest, true>({ max: 5_000, ttl: ONCE_MS, ttlResolution: 0 });

  constructor(components: RedirectsComponents) {
    this.#components = components;
  }

  /** Returns whether a client may be sent elsewhere for a blob of so many bytes. */
  suits(digest: Digest, size: number): boolean {
    return size >= BLOB_MIN_BYTES && !this.#sent.has(digest);
  }

  /**
   * Finds a peer that has the blob now.
   *
   * @param size What the peer must say of its size.
   * @returns Where a client gets all of it by a GET without a range, once and within a minute.
   * @throws {CandidatesExhaustedError} If there is none.
   */
  async locate(path: BlobPath, size: number, options: FindOptions = {}): Promise<URL> {
    const { peers, providers, metrics, secret, verifier } = this.#components;
    const attempt = async (peer: PeerListener, signal: AbortSignal) => {
      const found = await fetchBlobSize(peers.client, peer, path, { signal });
      if (found === size) return peer.host;
      throw new TypeError(`Cannot use the blob at ${peer.host}: it has ${found} bytes where its manifest says ${size}`);
    };
    const found = this.#members(providers.find(path, options));
    const bound = { signal: options.signal, path, timeoutMs: LOCATE_TIMEOUT_MS };
    const { provider, value: host } = await peers.fetch(found, attempt, bound);
    this.#sent.set(path.digest, true);
    verifier.skip(path.digest);
    metrics.redirectedBodies.inc();
    logger.debug("Sending a client to peer {peer} for {digest}", { peer: provider.id, digest: path.digest });
    return signUrl(secret, new URL(`http://${host}${peerPath(path)}`), {
      peer: provider.id,
      method: "GET",
      range: null,
      nowMs: peers.client.nowAt(provider.id),
    });
  }

  async *#members(found: AsyncIterable<Provider>): AsyncGenerator<Provider> {
    for await (const provider of found) if (this.#components.members.member(provider.id)) yield provider;
  }
}
