import type { PeerId } from "@libp2p/interface";
import { MINUTE_MS, SECOND_MS } from "../../core/units.ts";
import { peerIdFromString } from "@libp2p/peer-id";
import { type BytesKey, bytesKey } from "./bytes_key.ts";
import { closest } from "../closest.ts";
import { GONE_TTL_MS, PEER_ADDRESS_TTL_MS } from "./constants.ts";
import { kadIdOf } from "./content_id.ts";
import type { NodeInfo } from "./member_record.ts";
import { shortIdOf } from "./short_id.ts";
import { isUsable, parsePeerAddress, type PeerAddress, toMultiaddr } from "./peer_address.ts";

/** What is known of a member by its record. */
export interface Membership {
  /** The record, signed. */
  signed: Uint8Array;
  /** Its number. */
  seq: number;
  /** When the member was started, by its own clock, in milliseconds since 1970. */
  startedMs: number;
  /** When it was made, by the clock of this node, in milliseconds since 1970. */
  madeMs: number;
  /** Since when the member is taken for gone as of this record, by this node or others. */
  suspectedMs?: number;
  /** Whether the member was told by this node that others take it for gone. */
  warned?: boolean;
}

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
  /** What stands for it in gossip. */
  readonly shortId: BytesKey;
  /** Its record, if it is a member. */
  membership?: Membership;
  /** Whether it speaks the node protocol, so that it is a Peili node. */
  peili: boolean;
  /** What it told of itself, if it is a Peili node. */
  info?: NodeInfo;
  /** Whether there is a connection to it now. */
  connected: boolean;
  /** Whether all is known of it that it tells at the beginning of a connection. */
  met: boolean;
  /** When the connection was last used to ask or tell something, in milliseconds since 1970. */
  usedMs: number;
  /** Whether its connection is about to be closed in order, so that the end of it says nothing. */
  closing: boolean;
  /** Since when it is gone: it could not be reached, it said so, or others say so. */
  goneSinceMs?: number;
  /** Whether it is gone only by what others say. */
  hearsay: boolean;
  /** Whether it was taken for back by its record alone since it was last connected. */
  vouched: boolean;
  /** How often in a row it could not be reached. */
  failures: number;
  /** When it may be tried again, in milliseconds since 1970. */
  retryAtMs: number;
  /** How often in a row fetching from it has failed, and until when it is left out of answers for that. */
  failedFetches: number;
  probationUntilMs: number;
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

/** The pauses before a peer that could not be reached is tried again, in milliseconds. */
const RETRY_MIN_MS = SECOND_MS;
const RETRY_MAX_MS: number = MINUTE_MS;

/** The most addresses that are kept of a peer. */
const ADDRESSES_PER_PEER = 8;

/** The nodes that this one has met. */
export class PeerBook {
  readonly #peers = new Map<BytesKey, KnownPeer>();
  readonly #byShortId = new Map<BytesKey, KnownPeer>();
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
      shortId: shortIdOf(idBytes),
      peili: false,
      addresses: [],
      addrs: [],
      toldMs: 0,
      connected: false,
      met: false,
      usedMs: 0,
      closing: false,
      hearsay: false,
      vouched: false,
      failures: 0,
      retryAtMs: 0,
      failedFetches: 0,
      probationUntilMs: 0,
    };
    this.#peers.set(key, peer);
    this.#byShortId.set(peer.shortId, peer);
    return peer;
  }

  /** Returns the peer that a short id stands for. */
  byShortId(shortId: BytesKey): KnownPeer | undefined {
    return this.#byShortId.get(shortId);
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
    [peer.usedMs, peer.closing, peer.vouched] = [this.#now(), false, false];
    if (peer.membership) peer.membership.suspectedMs = undefined;
    this.markBack(peer);
    peer.seenAt = seenAt ?? peer.seenAt;
  }

  /** Takes note that the last connection to the peer is closed. */
  disconnected(peer: KnownPeer): void {
    peer.connected = false;
    peer.met = false;
  }

  /**
   * Takes note that the peer is gone, or about to go. It stays out of answers until it connects again, or, where that is
   * only what others say, until it says otherwise.
   */
  markGone(peer: KnownPeer, { hearsay = false }: { hearsay?: boolean } = {}): void {
    if (!hearsay) peer.hearsay = false;
    if (peer.goneSinceMs !== undefined) return;
    [peer.goneSinceMs, peer.hearsay] = [this.#now(), hearsay];
    this.#onGone(peer);
  }

  /** Takes note that the peer is there. */
  markBack(peer: KnownPeer): void {
    [peer.goneSinceMs, peer.hearsay, peer.failures, peer.retryAtMs] = [undefined, false, 0, 0];
  }

  /** Takes note that the peer could not be reached: it is gone, and is tried again after longer and longer pauses. */
  markUnreachable(peer: KnownPeer): void {
    const pauseMs = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** peer.failures) * (1 - Math.random() / 2);
    peer.failures++;
    peer.retryAtMs = this.#now() + pauseMs;
    this.markGone(peer);
  }

  /** Takes note that a peer is to be tried again later, though it is none of its fault. */
  postpone(peer: KnownPeer): void {
    peer.retryAtMs = this.#now() + RETRY_MIN_MS * (1 + 2 * Math.random());
  }

  /**
   * Returns whether a peer may be named in an answer of this node: not while it is suspected, or fetching from it has
   * failed.
   */
  isNameable(peer: KnownPeer): boolean {
    if (peer.goneSinceMs !== undefined || this.#now() < peer.probationUntilMs) return false;
    return peer.connected || peer.membership?.suspectedMs === undefined;
  }

  /** Returns all peers. */
  peers(): IteratorObject<KnownPeer> {
    return this.#peers.values();
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
    for (const peer of old) this.#forget(peer);
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
    if (victim) this.#forget(victim);
  }

  #forget(peer: KnownPeer): void {
    this.#peers.delete(peer.key);
    if (this.#byShortId.get(peer.shortId) === peer) this.#byShortId.delete(peer.shortId);
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
