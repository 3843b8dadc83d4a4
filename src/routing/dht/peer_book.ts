import type { PeerId } from "@libp2p/interface";
import { peerIdFromString } from "@libp2p/peer-id";
import { type BytesKey, bytesKey } from "./bytes_key.ts";
import { closest } from "../closest.ts";
import { GONE_TTL_MS, PEER_ADDRESS_TTL_MS } from "./constants.ts";
import { kadIdOf } from "./content_id.ts";
import type { NodeInfo } from "./node_message.ts";
import { isUsable, parsePeerAddress, type PeerAddress, toMultiaddr } from "./peer_address.ts";

/** What is known of another node. */
export interface KnownPeer {
  /** Its libp2p peer id. */
  readonly peerId: PeerId;
  /** The peer id as text. */
  readonly id: string;
  /** The multihash of the peer id. */
  readonly idBytes: Uint8Array;
  /** The same as the key of maps. */
  readonly key: BytesKey;
  /** Where it lies in the DHT's space. */
  readonly kadId: Uint8Array;
  /** Whether it answers the DHT's questions. */
  kad: boolean;
  /** Where it can be reached, as it told itself. */
  addresses: readonly PeerAddress[];
  /** The same as multiaddrs in binary form. */
  addrs: readonly Uint8Array[];
  /** When it told its addresses, in milliseconds since 1970. */
  toldMs: number;
  /** The address at the other end of the last connection, and whether this node opened that one. */
  seenAt?: { ip: string; outbound: boolean };
  /** Whether it speaks the node protocol, so that it is a Peili node. */
  peili: boolean;
  /** What it told of itself, if it is a Peili node. */
  info?: NodeInfo;
  /** Whether there is a connection to it now. */
  connected: boolean;
  /** Whether all is known of it that it tells at the beginning of a connection. */
  met: boolean;
  /** Since when it is gone: its connection was lost and could not be opened again. */
  goneSinceMs?: number;
}

/** How a {@linkcode PeerBook} is bounded. */
export interface PeerBookOptions {
  /** Whether loopback addresses are of use: only when this node listens on loopback alone. */
  allowLoopback: boolean;
  /** The most peers that are kept. @default {2_000} */
  maxPeers?: number;
  /** Tells the time in milliseconds since 1970. @default {Date.now} */
  now?: () => number;
  /** Told of every peer that goes. */
  onGone?(peer: KnownPeer): void;
}

/** The most addresses that are kept of a peer. */
const ADDRESSES_PER_PEER = 8;

/** The nodes that this one has met. */
export class PeerBook {
  readonly #peers = new Map<BytesKey, KnownPeer>();
  readonly #allowLoopback: boolean;
  readonly #maxPeers: number;
  readonly #now: () => number;
  readonly #onGone: (peer: KnownPeer) => void;

  constructor(options: PeerBookOptions) {
    const { allowLoopback, maxPeers = 2_000, now = Date.now, onGone = () => {} } = options;
    this.#onGone = onGone;
    this.#allowLoopback = allowLoopback;
    this.#maxPeers = maxPeers;
    this.#now = now;
  }

  /** Returns a peer by the multihash of its id. */
  get(idBytes: Uint8Array | BytesKey): KnownPeer | undefined {
    return this.#peers.get(typeof idBytes === "string" ? idBytes : bytesKey(idBytes));
  }

  /** Returns a peer by its id as text. */
  find(id: string): KnownPeer | undefined {
    try {
      return this.get(peerIdFromString(id).toMultihash().bytes);
    } catch {
      return undefined; // not the id of a peer: nobody has it
    }
  }

  /** Returns a peer, which is new in the book if it was not known. */
  meet(peerId: PeerId): KnownPeer {
    const idBytes = peerId.toMultihash().bytes;
    const key = bytesKey(idBytes);
    const known = this.#peers.get(key);
    if (known) return known;
    if (this.#peers.size >= this.#maxPeers) this.#forgetOne();
    const peer: KnownPeer = {
      peerId,
      id: peerId.toString(),
      idBytes,
      key,
      kadId: kadIdOf(idBytes),
      kad: false,
      peili: false,
      addresses: [],
      addrs: [],
      toldMs: 0,
      connected: false,
      met: false,
    };
    this.#peers.set(key, peer);
    return peer;
  }

  /** Takes note of the addresses that a peer told of itself. Those that are of no use are left out. */
  tell(peer: KnownPeer, addrs: readonly Uint8Array[]): void {
    const addresses = usableAddresses(addrs, this.#allowLoopback);
    if (addresses.length === 0) return;
    peer.addresses = addresses;
    peer.addrs = addresses.map((address) => toMultiaddr(address).bytes);
    peer.toldMs = this.#now();
  }

  /** Takes note that the addresses of a peer still hold. */
  heard(peer: KnownPeer): void {
    peer.toldMs = this.#now();
  }

  /** Takes note that a connection to the peer is open, which ends its being gone. */
  connected(peer: KnownPeer, seenAt: { ip: string; outbound: boolean } | undefined): void {
    peer.connected = true;
    peer.goneSinceMs = undefined;
    peer.seenAt = seenAt ?? peer.seenAt;
  }

  /** Takes note that the last connection to the peer is closed. */
  disconnected(peer: KnownPeer): void {
    peer.connected = false;
    peer.met = false;
  }

  /** Takes note that the peer is gone, or about to go. It stays out of answers until it connects again. */
  markGone(peer: KnownPeer): void {
    if (peer.goneSinceMs !== undefined) return;
    peer.goneSinceMs = this.#now();
    this.#onGone(peer);
  }

  /** Returns the peers of the DHT that may be there, whether connected now or not. */
  *alive(): Generator<KnownPeer> {
    for (const peer of this.#peers.values()) if (this.isAlive(peer)) yield peer;
  }

  /** Returns whether a peer is one of the DHT that may be there. */
  isAlive(peer: KnownPeer): boolean {
    return peer.kad && peer.goneSinceMs === undefined && (peer.connected || !this.#isStale(peer));
  }

  /** How many peers of any kind are connected. */
  get connectedCount(): number {
    return this.#peers.values().filter(({ connected }) => connected).toArray().length;
  }

  /** Returns the peers that are gone. */
  gone(): KnownPeer[] {
    return this.#peers.values().filter(({ goneSinceMs }) => goneSinceMs !== undefined).toArray();
  }

  /** Returns the `count` peers of the DHT that are closest to a place and may be there, the closest first. */
  closest(target: Uint8Array, count: number): KnownPeer[] {
    return closest(target, this.alive(), count);
  }

  /** Forgets the peers of which no record can be valid any more. */
  forgetOld(): KnownPeer[] {
    const old = [...this.#peers.values()].filter((peer) =>
      !peer.connected && (this.#isStale(peer) || this.#now() - (peer.goneSinceMs ?? Infinity) > GONE_TTL_MS)
    );
    for (const peer of old) this.#peers.delete(peer.key);
    return old;
  }

  #isStale({ toldMs }: KnownPeer): boolean {
    return this.#now() - toldMs > PEER_ADDRESS_TTL_MS;
  }

  /** Makes room: those without a connection first, of them those that were only named by others. */
  #forgetOne(): void {
    const worth = ({ connected, kad, goneSinceMs, toldMs }: KnownPeer) =>
      connected ? Infinity : goneSinceMs !== undefined || !kad ? 0 : toldMs;
    let victim: KnownPeer | undefined;
    for (const peer of this.#peers.values()) {
      if (!victim || worth(peer) < worth(victim)) victim = peer;
    }
    if (victim) this.#peers.delete(victim.key);
  }
}

/** Returns the TCP addresses among multiaddrs in binary form that can be of use, each one once. */
export function usableAddresses(addrs: readonly Uint8Array[], allowLoopback: boolean): PeerAddress[] {
  const found = new Map<string, PeerAddress>();
  for (const addr of addrs) {
    const address = parsePeerAddress(addr);
    if (!address || !isUsable(address, allowLoopback) || found.size >= ADDRESSES_PER_PEER) continue;
    found.set(`${address.ip} ${address.port}`, address);
  }
  return [...found.values()];
}
