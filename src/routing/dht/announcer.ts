import { getLogger } from "@logtape/logtape";
import { sleep } from "../../core/deadline.ts";
import { SECOND_MS } from "../../core/units.ts";
import { Alarm } from "./alarm.ts";
import { AnnouncementEncoder } from "./announcement_encoder.ts";
import { type BytesKey, bytesKey } from "./bytes_key.ts";
import { REANNOUNCE_INTERVAL_MS, REPLICATION } from "./constants.ts";
import { type ContentId, contentId } from "./content_id.ts";
import type { KadPeer } from "./kad_message.ts";
import type { Announcement, Outboxes } from "./outboxes.ts";
import type { KnownPeer, PeerBook } from "./peer_book.ts";

/** What an {@linkcode Announcer} works with. */
export interface AnnouncerComponents {
  book: PeerBook;
  outboxes: Outboxes;
  /** This node as it announces itself. */
  self(): KadPeer;
}

/** How an {@linkcode Announcer} keeps time. */
export interface AnnouncerOptions {
  /** How long after an announcement the same key is announced again at the latest. @default {900_000} */
  intervalMs?: number;
}

/** How long new keys are collected, so that those of one image go together, in milliseconds. */
const COALESCE_MS = 100;
/** How long after a failure announcing is tried again, in milliseconds. */
const AGAIN_MS = 10 * SECOND_MS;
/**
 * When keys are announced again, as shares of the interval: the earliest time, how much is added by chance, so that
 * nodes that started together do not announce together, and within what time keys are announced together.
 */
const AGAIN = { earliest: 0.7, chance: 0.1, together: 0.067 };
/** The share of the interval over which announcing again is spread: one peer after the other. */
const SPREAD = 0.1;
/** After how many keys other work gets its turn: each is compared with all peers. */
const KEYS_PER_TURN = 50;

const logger = getLogger(["peili", "routing"]);

/** A key that is kept announced. */
class AnnouncedKey implements Announcement {
  readonly id: ContentId;
  /** When it is to be announced. */
  dueMs = 0;
  withdrawn = false;
  readonly #encoder: AnnouncementEncoder;

  constructor(key: string, encoder: AnnouncementEncoder) {
    this.id = contentId(key);
    this.#encoder = encoder;
  }

  encode(): Uint8Array | undefined {
    return this.withdrawn ? undefined : this.#encoder.encode(this.id.multihash);
  }
}

/**
 * Keeps keys announced: in sweeps, each of which groups its keys by the peers closest to them.
 *
 * New keys are announced at once, everything again before it expires, spread over the interval; a node that joins is
 * told the keys for which it is one of the closest. Without peers all of it waits.
 */
export class Announcer implements AsyncDisposable {
  readonly #components: AnnouncerComponents;
  readonly #intervalMs: number;
  readonly #encoder: AnnouncementEncoder;
  readonly #added = new Set<string>();
  readonly #keys = new Map<string, AnnouncedKey>();
  readonly #multihashes = new Set<BytesKey>();
  readonly #newcomers = new Set<KnownPeer>();
  /** When the members were started that have been told what they are to hold. */
  readonly #told = new WeakMap<KnownPeer, number>();
  readonly #alarm = new Alarm();
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  constructor(components: AnnouncerComponents, options: AnnouncerOptions = {}) {
    const { intervalMs = REANNOUNCE_INTERVAL_MS } = options;
    this.#components = components;
    this.#intervalMs = intervalMs;
    this.#encoder = new AnnouncementEncoder(components.self);
    this.#running = this.#run();
  }

  /** How many keys are kept announced. */
  get size(): number {
    return this.#keys.size + this.#added.size;
  }

  /** Adds keys. */
  announce(keys: Iterable<string>): void {
    for (const key of keys) if (!this.#keys.has(key)) this.#added.add(key);
    if (this.#added.size > 0) this.#alarm.ring();
  }

  /**
   * Takes keys out.
   *
   * @returns Those that others may have heard of.
   */
  withdraw(keys: Iterable<string>): string[] {
    const told: string[] = [];
    for (const key of keys) {
      this.#added.delete(key);
      const announced = this.#keys.get(key);
      if (!announced) continue;
      announced.withdrawn = true;
      this.#keys.delete(key);
      this.#multihashes.delete(bytesKey(announced.id.multihash));
      told.push(key);
    }
    return told;
  }

  /** Returns whether a content is among the keys. */
  provides(multihash: BytesKey): boolean {
    return this.#multihashes.has(multihash);
  }

  /** Takes note of a peer that has connected: unless it has only been away from this node, it knows nothing. */
  met(peer: KnownPeer): void {
    const startedMs = peer.membership?.startedMs;
    if (startedMs !== undefined) {
      if (this.#told.get(peer) === startedMs) return;
      this.#told.set(peer, startedMs);
    }
    this.#newcomers.add(peer);
    this.#alarm.ring();
  }

  /** Takes note of a peer that is gone: nothing is announced to it until it is back. */
  gone(peer: KnownPeer): void {
    this.#told.delete(peer);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let nextMs = Infinity;
    while (!signal.aborted) {
      try {
        await this.#alarm.wait(nextMs - Date.now(), { signal });
        await sleep(COALESCE_MS, signal);
        nextMs = await this.#sweep();
      } catch (reason) {
        if (signal.aborted) return;
        logger.error("Announcing failed: {reason}", { reason });
        nextMs = Date.now() + AGAIN_MS;
      }
    }
  }

  /** Fills the outboxes of the peers and returns when the next key is due. */
  async #sweep(): Promise<number> {
    const { book, outboxes } = this.#components;
    await this.#take();
    if (book.alive().next().done) return Infinity; // the next one met rings
    const newcomers = new Set(this.#newcomers);
    this.#newcomers.clear();
    const nowMs = Date.now();
    const againMs = nowMs + this.#intervalMs * (AGAIN.earliest + AGAIN.chance * Math.random());
    const anyDue = this.#keys.values().some(({ dueMs }) => dueMs <= nowMs);
    const untilMs = anyDue ? nowMs + this.#intervalMs * AGAIN.together : nowMs;
    let [nextMs, turn] = [Infinity, 0];
    for (const key of [...this.#keys.values()]) {
      const due = key.dueMs <= untilMs;
      if (due || newcomers.size > 0) {
        for (const peer of book.closest(key.id.kadId, REPLICATION)) {
          const urgent = key.dueMs === 0 || newcomers.has(peer);
          if (due || urgent) outboxes.add(peer, key, { urgent });
        }
        if (++turn % KEYS_PER_TURN === 0) await sleep(0, this.#stop.signal);
      }
      if (due) key.dueMs = againMs; // all at the same time, so that each peer has one stream for all of them
      nextMs = Math.min(nextMs, key.dueMs);
    }
    outboxes.flush({ spreadMs: this.#intervalMs * SPREAD });
    return nextMs;
  }

  /** Takes the new keys in, a few at a time: they may be thousands. */
  async #take(): Promise<void> {
    let turn = 0;
    for (const key of this.#added) {
      this.#added.delete(key);
      const announced = new AnnouncedKey(key, this.#encoder);
      this.#keys.set(key, announced);
      this.#multihashes.add(bytesKey(announced.id.multihash));
      if (++turn % KEYS_PER_TURN === 0) await sleep(0, this.#stop.signal);
    }
  }

  /** Stops announcing. Records of this node expire by themselves. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error("the node stops"));
    await this.#running;
  }
}
