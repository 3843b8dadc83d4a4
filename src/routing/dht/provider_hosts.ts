import { formatAddress } from "../../core/listen_address.ts";
import type { OwnAddresses } from "./own_addresses.ts";
import type { PeerAddress } from "./peer_address.ts";
import type { KnownPeer } from "./peer_book.ts";

/** The most hosts that a provider is given. */
const HOSTS_PER_PROVIDER = 4;

/** Finds out where other nodes serve content. */
export class ProviderHosts {
  readonly #own: OwnAddresses;
  readonly #registryPort: number;

  /**
   * @param registryPort The port of this node's own peer listener: taken for that of nodes that do not tell theirs, as
   *   Spegel's nodes do.
   */
  constructor(own: OwnAddresses, registryPort: number) {
    this.#own = own;
    this.#registryPort = registryPort;
  }

  /** Returns this node's own peer listeners as others reach them. */
  own(): string[] {
    return this.#own.announced().slice(0, HOSTS_PER_PROVIDER).map(({ ip }) => formatAddress(ip, this.#registryPort));
  }

  /**
   * Returns the peer listeners of a node as `host:port`, the likeliest to work first: the address that this node
   * reached it at, then those that it told. An address that leads back to this node is left out.
   *
   * @param peer What is known of the node, if it was met.
   * @param told The addresses that another node told of it, used if it has not told any itself.
   */
  of(peer: KnownPeer | undefined, told: readonly PeerAddress[] = []): string[] {
    const port = peer?.info?.port ?? this.#registryPort;
    const addresses = peer && peer.addresses.length > 0 ? peer.addresses : told;
    const ips = new Set(addresses.map(({ ip }) => ip));
    const seenAt = peer?.seenAt;
    // At the other end of a connection that came in may be a gateway: that address is sure only if the node told it.
    const likeliest = seenAt && (seenAt.outbound || ips.has(seenAt.ip)) ? [seenAt.ip] : [];
    return [...new Set([...likeliest, ...ips])]
      .filter((ip) => port !== this.#registryPort || !this.#own.isOwn(ip))
      .slice(0, HOSTS_PER_PROVIDER)
      .map((ip) => formatAddress(ip, port));
  }
}
