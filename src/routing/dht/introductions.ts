import type { Libp2p, PeerId, Stream } from "@libp2p/interface";
import { getLogger } from "@logtape/logtape";
import { peerIdFromMultihash } from "@libp2p/peer-id";
import { decode as decodeDigest } from "multiformats/hashes/digest";
import type { CallOptions } from "../../core/call_options.ts";
import { abortable, deadline } from "../../core/deadline.ts";
import { SECOND_MS } from "../../core/units.ts";
import { Busyness } from "./busyness.ts";
import { type BytesKey, bytesKey } from "./bytes_key.ts";
import type { KadPeer } from "./kad_message.ts";
import { dialTarget } from "./dial_target.ts";
import { Dialer, type DialOptions } from "./dialer.ts";
import { type KnownPeer, type PeerBook, usableAddresses } from "./peer_book.ts";

/** What {@linkcode Introductions} work with. */
export interface IntroductionsComponents {
  host: Libp2p;
  book: PeerBook;
  /** Told of a peer whose connection was lost and could not be opened again. */
  onLost(peer: KnownPeer): void;
}

/** How an {@linkcode Introductions.introduce} is bounded. */
export interface IntroduceOptions extends DialOptions {
  /**
   * How long it may take, in milliseconds.
   *
   * @default 2,000 for a connection, 20,000 in the background; 3,000 until the peer has told what it is
   */
  timeoutMs?: number;
}

/** How long a peer whose connection was lost has for a new one before it is taken for gone, in milliseconds. */
const REDIAL_TIMEOUT_MS = 500;
/** How long a peer has to be connected to, in milliseconds. */
const CONNECT_TIMEOUT_MS = 2 * SECOND_MS;
/** The same when others come first. */
const BACKGROUND_TIMEOUT_MS = 20 * SECOND_MS;
/** The same until it has told what it is. */
const INTRODUCE_TIMEOUT_MS = 3 * SECOND_MS;
/** The most introductions under way at once. */
const RUNNING_MAX = 128;

const logger = getLogger(["peili", "routing"]);

/** Opens connections to nodes that were named by others, and notices when nodes go. */
export class Introductions implements Disposable {
  readonly #host: Libp2p;
  readonly #book: PeerBook;
  readonly #onLost: (peer: KnownPeer) => void;
  readonly #self: BytesKey;
  readonly #allowLoopback: boolean;
  readonly #dialer: Dialer;
  readonly #running = new Map<BytesKey, Promise<void>>();
  readonly #waiting = new Map<KnownPeer, PromiseWithResolvers<void>>();
  readonly #busyness = new Busyness();
  readonly #stop = new AbortController();

  /** @param allowLoopback Whether loopback addresses are of use: only when this node listens on loopback alone. */
  constructor(components: IntroductionsComponents, { allowLoopback }: { allowLoopback: boolean }) {
    const { host, book, onLost } = components;
    this.#onLost = onLost;
    this.#host = host;
    this.#book = book;
    this.#self = bytesKey(host.peerId.toMultihash().bytes);
    this.#allowLoopback = allowLoopback;
    this.#dialer = new Dialer({ host, onFailed: (peer, failure) => this.#failed(peer, failure) });
    host.addEventListener("peer:disconnect", ({ detail }) => void this.#disconnected(detail), {
      signal: this.#stop.signal,
    });
  }

  /** Returns the peer that another node named, unless it is this node itself or has no address of use. */
  discover({ id, addrs }: KadPeer): KnownPeer | undefined {
    const known = this.#book.get(id);
    if (known) return known;
    if (bytesKey(id) === this.#self) return undefined;
    if (usableAddresses(addrs, this.#allowLoopback).length === 0) return undefined;
    try {
      const peer = this.#book.meet(peerIdFromMultihash(decodeDigest(id)));
      this.#book.tell(peer, addrs);
      return peer;
    } catch {
      return undefined; // no peer id, or one of a kind that nobody here has
    }
  }

  /**
   * Opens a connection to a peer, if there is none. A peer that cannot be connected to is gone.
   *
   * @throws {Error} If the peer cannot be reached in time.
   */
  async connect(peer: KnownPeer, options: IntroduceOptions = {}): Promise<void> {
    const { background = false, signal } = options;
    const { timeoutMs = background ? BACKGROUND_TIMEOUT_MS : CONNECT_TIMEOUT_MS } = options;
    if (!peer.connected) await this.#dialer.dial(peer, { signal: deadline(timeoutMs, signal), background });
  }

  #failed(peer: KnownPeer, { reached }: { reached: boolean }): void {
    if (reached && this.#busyness.isBusy) this.#book.postpone(peer);
    else this.#book.markUnreachable(peer);
  }

  /**
   * Opens a stream to a peer, and a connection where there is none.
   *
   * @throws {Error} If the peer cannot be reached, or does not speak the protocol.
   */
  async openStream(peer: KnownPeer, protocol: string, options: CallOptions = {}): Promise<Stream> {
    await this.connect(peer, options);
    return await this.#host.dialProtocol(dialTarget(peer), protocol, options);
  }

  /** Takes note that a peer has introduced itself. */
  met(peer: KnownPeer): void {
    this.#waiting.get(peer)?.resolve();
  }

  /**
   * Connects to a peer, if it is not connected, and waits until it has told what it is. A peer that cannot be connected
   * to is gone.
   *
   * @throws {Error} If the peer cannot be reached, or does not tell what it is in time.
   */
  async introduce(peer: KnownPeer, options: IntroduceOptions = {}): Promise<void> {
    if (peer.met) return;
    const { timeoutMs = INTRODUCE_TIMEOUT_MS, background, signal } = options;
    const { key } = peer;
    let running = this.#running.get(key);
    if (!running) {
      if (this.#running.size >= RUNNING_MAX) throw new Error(`Cannot connect to "${peer.id}": too many are under way`);
      running = this.#introduce(peer, { background, signal: deadline(timeoutMs, this.#stop.signal) })
        .finally(() => this.#running.delete(key));
      running.catch(() => {}); // whoever waits for it may have given up by then
      this.#running.set(key, running);
    }
    await (signal ? abortable(running, signal) : running);
  }

  async #introduce(peer: KnownPeer, options: DialOptions & { signal: AbortSignal }): Promise<void> {
    const waiting = Promise.withResolvers<void>();
    waiting.promise.catch(() => {}); // the connection may close before anybody waits
    this.#waiting.set(peer, waiting);
    try {
      if (!peer.connected) await this.#dialer.dial(peer, options);
      if (!peer.met) await abortable(waiting.promise, options.signal);
    } finally {
      this.#waiting.delete(peer);
    }
  }

  /** A lost connection may have been pruned or have timed out. A peer is gone only when it cannot be reached again. */
  async #disconnected(peerId: PeerId): Promise<void> {
    const peer = this.#book.get(peerId.toMultihash().bytes);
    if (!peer) return;
    if (this.#host.getConnections(peerId).length > 0) return; // there are two when both ends have dialled
    this.#book.disconnected(peer);
    this.#waiting.get(peer)?.reject(new Error(`Cannot hear of "${peer.id}": the connection was closed`));
    await this.#running.get(peer.key)?.catch(() => {});
    if (peer.connected || peer.closing || peer.goneSinceMs !== undefined || !peer.kad) return;
    try {
      await this.connect(peer, { timeoutMs: REDIAL_TIMEOUT_MS });
    } catch {
      if (peer.connected || this.#stop.signal.aborted) return;
      // Where this process was too busy to tell, the member may say otherwise, and a node of another kind is tried again.
      if (peer.membership) this.#book.markGone(peer, { hearsay: peer.goneSinceMs === undefined });
      else this.#book.markUnreachable(peer);
      logger.info("Lost node {id}", { id: peer.id });
      this.#onLost(peer);
    }
  }

  /** Ends every attempt. */
  [Symbol.dispose](): void {
    this.#dialer[Symbol.dispose]();
    this.#busyness[Symbol.dispose]();
    this.#stop.abort(new Error("the node stops"));
  }
}
