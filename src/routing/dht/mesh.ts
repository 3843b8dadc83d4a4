import { getLogger } from "@logtape/logtape";
import { errorMessage } from "../../core/errors.ts";
import { SECOND_MS } from "../../core/units.ts";
import { REPLICATION } from "./constants.ts";
import type { DhtHost } from "./dht_host.ts";
import type { Introductions } from "./introductions.ts";
import type { KnownPeer, PeerBook } from "./peer_book.ts";
import { pick } from "./pick.ts";

/** What a {@linkcode Mesh} works with. */
export interface MeshComponents {
  host: Pick<DhtHost, "getConnections">;
  book: PeerBook;
  introductions: Pick<Introductions, "introduce">;
  /** Where this node lies in the DHT's space. */
  kadId: Uint8Array;
  /** Asks a member whether a connection may be closed. */
  askToClose(peer: KnownPeer): Promise<boolean>;
}

/** How a {@linkcode Mesh} is bounded. */
export interface MeshOptions {
  /** How many nodes this one stays connected to: all of a small cluster. @default {48} */
  kept?: number;
  /** Beyond how many connections those that nobody needs are closed, in that order. @default {72} */
  most?: number;
  /** How often it is looked after the connections, in milliseconds. @default {500} */
  intervalMs?: number;
  /** How long a connection is unused before it is closed, in milliseconds. @default {20_000} */
  idleMs?: number;
  /** Tells the time in milliseconds since 1970. @default {Date.now} */
  now?: () => number;
}

/** How many connections are wanted at once: whom else to connect to may look different when those are there. */
const CONNECTING_MAX = 4;
/** How long one may take: others come first. */
const CONNECT_TIMEOUT_MS = 20 * SECOND_MS;
/** How many nodes are tried again at once that could not be reached, each of which takes a while to fail. */
const RETRYING_MAX = 4;
/** How many connections are closed each time. */
const CLOSING_PER_ROUND = 4;

const logger = getLogger(["peili", "routing"]);

/**
 * Keeps a node connected to those closest to it, which is what the DHT needs, and to some others, which is what keeps
 * lookups fast and the cluster in one piece. All others are connected to when there is something to ask them.
 */
export class Mesh implements Disposable {
  readonly #components: MeshComponents;
  readonly #options: Required<MeshOptions>;
  readonly #connecting = new Set<KnownPeer>();
  readonly #retrying = new Set<KnownPeer>();
  readonly #timer: ReturnType<typeof setInterval>;
  /** Those that are kept connected as long as they are there. */
  #kept = new Set<KnownPeer>();

  constructor(components: MeshComponents, options: MeshOptions = {}) {
    const { kept = 48, most = 72, intervalMs = SECOND_MS / 2, idleMs = 20 * SECOND_MS, now = Date.now } = options;
    this.#components = components;
    this.#options = { kept, most, intervalMs, idleMs, now };
    this.#timer = setInterval(() => this.check(), intervalMs);
  }

  /** Opens and closes some of the connections that are missing or too many. */
  check(): void {
    this.#choose();
    this.#connect();
    this.#retry();
    this.#close();
  }

  /** Returns whether another node may close the connection to this one. It is not taken for gone when it does. */
  mayClose(peer: KnownPeer): boolean {
    if (this.#kept.has(peer)) return false;
    peer.closing = true;
    return true;
  }

  /** Chooses whom to keep: the closest, then those that it is connected to, then others by chance. */
  #choose(): void {
    const { book, kadId } = this.#components;
    const { kept } = this.#options;
    const closest = new Set(book.closest(kadId, REPLICATION));
    const others = book.alive().filter((peer) => !closest.has(peer)).toArray();
    const before = others.filter((peer) => this.#kept.has(peer));
    const connected = others.filter((peer) => peer.connected && !this.#kept.has(peer));
    const strangers = others.filter((peer) => !peer.connected && !this.#kept.has(peer));
    const room = Math.max(0, kept - closest.size);
    const rest = [...before, ...connected].slice(0, room);
    this.#kept = new Set([...closest, ...rest, ...pick(strangers, room - rest.length)]);
  }

  #connect(): void {
    const { introductions } = this.#components;
    const nowMs = this.#options.now();
    for (const peer of this.#kept) {
      if (this.#connecting.size >= CONNECTING_MAX) return;
      if (peer.connected || this.#connecting.has(peer) || peer.retryAtMs > nowMs || !this.#isOurTurn(peer)) continue;
      this.#connecting.add(peer);
      introductions.introduce(peer, { timeoutMs: CONNECT_TIMEOUT_MS, background: true }).catch(() => {})
        .finally(() => this.#connecting.delete(peer));
    }
  }

  /** One of two nodes begins, so that they do not dial each other at once; the other one does so a little later. */
  #isOurTurn(peer: KnownPeer): boolean {
    const isFirst = this.#components.kadId.toHex() < peer.kadId.toHex();
    return isFirst || this.#options.now() - (peer.membership?.madeMs ?? 0) > 2 * SECOND_MS;
  }

  /** Tries those again that could not be reached. */
  #retry(): void {
    const { book, introductions } = this.#components;
    const nowMs = this.#options.now();
    const due = book.gone().filter((peer) =>
      peer.addresses.length > 0 && (!peer.hearsay || peer.retryAtMs > 0) && peer.retryAtMs <= nowMs &&
      !this.#retrying.has(peer)
    );
    for (const peer of pick(due, RETRYING_MAX - this.#retrying.size)) {
      this.#retrying.add(peer);
      introductions.introduce(peer, { timeoutMs: CONNECT_TIMEOUT_MS }).catch(() => {})
        .finally(() => this.#retrying.delete(peer));
    }
  }

  /** Closes what is idle and not kept, the longest unused first. */
  #close(): void {
    const { book } = this.#components;
    const { most, idleMs, now } = this.#options;
    const tooMany = book.connectedCount - most;
    if (tooMany <= 0) return;
    const idle = book.alive()
      .filter((peer) =>
        peer.connected && !peer.closing && peer.membership && !this.#kept.has(peer) && now() - peer.usedMs > idleMs
      )
      .toArray().sort((a, b) => a.usedMs - b.usedMs);
    for (const peer of idle.slice(0, Math.min(tooMany, CLOSING_PER_ROUND))) void this.#closeOne(peer);
  }

  async #closeOne(peer: KnownPeer): Promise<void> {
    const { host, askToClose } = this.#components;
    peer.closing = true;
    try {
      if (await askToClose(peer)) {
        await Promise.all(host.getConnections(peer.peerId).map((connection) => connection.close()));
      } else {
        peer.closing = false;
        peer.usedMs = this.#options.now(); // it needs the connection: not asked again for a while
      }
    } catch (reason) {
      peer.closing = false;
      logger.debug("Cannot close the connection to {id}: {error}", { id: peer.id, error: errorMessage(reason) });
    }
  }

  /** Opens and closes nothing more. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
