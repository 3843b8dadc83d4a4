import { backoff } from "../../core/backoff.ts";
import { sleep } from "../../core/deadline.ts";
import { SECOND_MS } from "../../core/units.ts";
import { closest } from "../closest.ts";
import { type BytesKey, bytesKey } from "./bytes_key.ts";
import { RECORD_VALIDITY_MS, REPLICATION } from "./constants.ts";
import { type ContentId, contentId } from "./content_id.ts";
import { CONTENTS_PER_MESSAGE, type NodeMessage } from "./node_message.ts";
import type { KnownPeer, PeerBook } from "./peer_book.ts";
import { Slots } from "./slots.ts";

/** What {@linkcode Withdrawals} work with. */
export interface WithdrawalsComponents {
  book: Pick<PeerBook, "alive" | "peers">;
  /** Tells a Peili node, which need not be connected. */
  tell(peer: KnownPeer, changes: Pick<NodeMessage, "withdrawn" | "restored">, signal: AbortSignal): Promise<void>;
}

/** How {@linkcode Withdrawals} are bounded. */
export interface WithdrawalsOptions {
  /** How many changes are remembered for nodes that are away. @default {20_000} */
  maxChanges?: number;
  /** Tells the time in milliseconds since 1970. @default {Date.now} */
  now?: () => number;
}

/** How long changes are collected, in milliseconds: those of one image go together. */
const COALESCE_MS = 100;
/** How often it is looked for nodes that were away or unknown when something changed, in milliseconds. */
const AGAIN_MS = 2 * SECOND_MS;
/** How many of the closest nodes may hold a record: not all nodes know the same others at the same time. */
const HOLDERS: number = REPLICATION + 10;
/** After how many changes other work gets its turn: each is compared with all peers. */
const CHANGES_PER_TURN = 50;
/** How many nodes are told at once. */
const TELLING_MAX = 8;
/** The pauses before a node that was not told is tried again. */
const RETRY_BACKOFF = { minMs: SECOND_MS, maxMs: 10 * SECOND_MS };

interface Change {
  /** Counts up: what a node has been told ends at one of these. */
  at: number;
  id: ContentId;
  restored: boolean;
  madeMs: number;
  /** The nodes that may hold the record, as far as this one knows, whether they are there or not. */
  holders: ReadonlySet<KnownPeer>;
}

const NOBODY: ReadonlySet<KnownPeer> = new Set();

/**
 * Tells other Peili nodes which keys this one does not have any more, as the DHT knows no such message: at once those
 * that are connected and those that hold the records, and others when they connect. Keys that are back are told of
 * as well.
 */
export class Withdrawals implements Disposable {
  readonly #components: WithdrawalsComponents;
  readonly #maxChanges: number;
  readonly #now: () => number;
  /** The last change of each key, the oldest first. */
  readonly #changes = new Map<BytesKey, Change>();
  /** What each node has been told: everything up to this change, and what it holds records of up to this one. */
  readonly #told = new WeakMap<KnownPeer, number>();
  readonly #toldHeld = new WeakMap<KnownPeer, number>();
  readonly #telling = new Set<KnownPeer>();
  readonly #slots = new Slots(TELLING_MAX);
  readonly #stop = new AbortController();
  #last = 0;
  /** Up to which change it is known who may hold the records. */
  #placed = 0;
  /** Whether the timer is for changes that were not told to anybody yet. */
  #soon = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(components: WithdrawalsComponents, options: WithdrawalsOptions = {}) {
    const { maxChanges = 20_000, now = Date.now } = options;
    this.#components = components;
    this.#maxChanges = maxChanges;
    this.#now = now;
  }

  /** Has it told that keys are gone. */
  add(keys: Iterable<string>): void {
    for (const key of keys) this.#add(contentId(key), false);
  }

  /** Has it told that keys are back, of which it was told that they are gone. */
  cancel(keys: Iterable<string>): void {
    if (this.#changes.size === 0) return;
    for (const key of keys) {
      const id = contentId(key);
      if (this.#changes.get(bytesKey(id.multihash))?.restored === false) this.#add(id, true);
    }
  }

  #add(id: ContentId, restored: boolean): void {
    const key = bytesKey(id.multihash);
    this.#changes.delete(key);
    // Last again: the order is by time.
    this.#changes.set(key, { at: ++this.#last, id, restored, madeMs: this.#now(), holders: NOBODY });
    this.#forgetOld();
    this.#flushSoon();
  }

  #forgetOld(): void {
    for (const [oldest, { madeMs }] of this.#changes) {
      if (this.#changes.size <= this.#maxChanges && this.#now() - madeMs < RECORD_VALIDITY_MS) break;
      this.#changes.delete(oldest);
    }
  }

  /** Takes note of a node that has connected: it is told what it has missed. */
  met(peer: KnownPeer): void {
    if (peer.peili && this.#changes.size > 0) void this.#tell(peer);
  }

  /** Takes note of a node that was started anew: it knows nothing of what it was told. */
  ended(peer: KnownPeer): void {
    this.#told.delete(peer);
    this.#toldHeld.delete(peer);
  }

  #flushSoon(): void {
    if (this.#soon) return;
    this.#soon = true;
    this.#flushIn(COALESCE_MS);
  }

  #flushIn(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#flush().catch(() => {}), ms); // it fails when the node stops
  }

  async #flush(): Promise<void> {
    this.#soon = false;
    await this.#findHolders();
    for (const peer of this.#components.book.alive()) {
      if (peer.peili && this.#isBehind(peer)) void this.#tell(peer);
    }
    this.#forgetOld();
    if (this.#changes.size > 0 && !this.#soon) this.#flushIn(AGAIN_MS);
  }

  async #findHolders(): Promise<void> {
    let turn = 0;
    for (const change of this.#changes.values()) {
      if (change.at <= this.#placed) continue;
      const { book } = this.#components;
      const { kadId } = change.id;
      change.holders = new Set([...closest(kadId, book.alive(), HOLDERS), ...closest(kadId, book.peers(), HOLDERS)]);
      this.#placed = change.at;
      if (++turn % CHANGES_PER_TURN === 0) await sleep(0, this.#stop.signal);
    }
  }

  /** Whether it has not been looked at all changes for a node. */
  #isBehind(peer: KnownPeer): boolean {
    return this.#toldUpTo(peer) < this.#knownUpTo(peer);
  }

  /** Up to which change a node has been told what concerns it. */
  #toldUpTo(peer: KnownPeer): number {
    return (peer.connected ? this.#told : this.#toldHeld).get(peer) ?? 0;
  }

  /** Up to which change it is known what concerns a node. */
  #knownUpTo({ connected }: KnownPeer): number {
    return connected ? this.#last : this.#placed;
  }

  async #tell(peer: KnownPeer): Promise<void> {
    if (this.#telling.has(peer)) return;
    this.#telling.add(peer);
    const { signal } = this.#stop;
    const pauses = backoff(RETRY_BACKOFF);
    try {
      while (peer.goneSinceMs === undefined && !signal.aborted) {
        const { connected } = peer;
        const all = this.#knownUpTo(peer);
        const changes = this.#missing(peer);
        const last = changes.at(-1);
        const upTo = changes.length < CONTENTS_PER_MESSAGE ? all : last?.at ?? all;
        try {
          if (last) await this.#slots.run(() => this.#components.tell(peer, named(changes), signal), { signal });
          this.#toldHeld.set(peer, upTo);
          if (connected) this.#told.set(peer, upTo);
          if (!last) return;
        } catch {
          await sleep(pauses.next().value, signal);
        }
      }
    } catch {
      // The node stops: nobody need be told any more.
    } finally {
      this.#telling.delete(peer);
    }
  }

  /** Returns what a node is to be told next: everything if it is connected, else what it may hold a record of. */
  #missing(peer: KnownPeer): Change[] {
    const told = this.#toldUpTo(peer);
    const missing: Change[] = [];
    for (const change of this.#changes.values()) {
      if (change.at <= told || this.#now() - change.madeMs >= RECORD_VALIDITY_MS) continue;
      if (peer.connected || change.holders.has(peer)) missing.push(change);
      if (missing.length >= CONTENTS_PER_MESSAGE) break;
    }
    return missing;
  }

  /** Tells nothing more. */
  [Symbol.dispose](): void {
    this.#stop.abort(new Error("the node stops"));
    clearTimeout(this.#timer);
    this.#changes.clear();
  }
}

function named(changes: readonly Change[]): Pick<NodeMessage, "withdrawn" | "restored"> {
  const of = (restored: boolean) =>
    changes.filter((change) => change.restored === restored).map(({ id }) => id.multihash);
  return { withdrawn: of(false), restored: of(true) };
}
