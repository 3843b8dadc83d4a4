import { getLogger } from "@logtape/logtape";
import { backoff } from "../../core/backoff.ts";
import { deadline, sleep } from "../../core/deadline.ts";
import { errorMessage } from "../../core/errors.ts";
import { MINUTE_MS, SECOND_MS } from "../../core/units.ts";
import type { KadClient } from "./kad_client.ts";
import type { KnownPeer } from "./peer_book.ts";
import { Slots } from "./slots.ts";

/** Something to be announced to a peer. */
export interface Announcement {
  /** Encodes the message; undefined when it has been withdrawn meanwhile. */
  encode(): Uint8Array | undefined;
}

/** How many peers are announced to at once. */
const SENDING_MAX = 16;
/** How long one peer may take for all that is sent to it at once, with the connection where there is none, in milliseconds. */
const SEND_TIMEOUT_MS = 20 * SECOND_MS;
/** The longest pause between the turns of two peers, in milliseconds. */
const TURN_MAX_MS = SECOND_MS;
/** The pauses before a peer that did not take its announcements is tried again. */
const RETRY_BACKOFF = { minMs: SECOND_MS, maxMs: MINUTE_MS };

const logger = getLogger(["peili", "routing"]);

/**
 * What is still to be announced to each peer.
 *
 * Everything that waits for a peer goes over one stream. A peer that is slow or fails delays nobody else, and is tried
 * again until it has taken everything or is gone.
 */
export class Outboxes implements Disposable {
  readonly #client: Pick<KadClient, "sendRecords">;
  readonly #waiting = new Map<KnownPeer, Set<Announcement>>();
  /** Those of them that are not to wait for their turn. */
  readonly #urgent = new Set<KnownPeer>();
  #spreadMs = 0;
  #turn: ReturnType<typeof setTimeout> | undefined;
  readonly #onTheWay = new Map<KnownPeer, Promise<void>>();
  readonly #sending = new Set<KnownPeer>();
  readonly #slots = new Slots(SENDING_MAX);
  readonly #stop = new AbortController();

  constructor(components: { client: Pick<KadClient, "sendRecords"> }) {
    this.#client = components.client;
  }

  /** How many announcements wait for a peer to take them. */
  get size(): number {
    return this.#waiting.values().reduce((sum, { size }) => sum + size, 0);
  }

  /**
   * Adds something for a peer. It is sent with the next {@linkcode Outboxes.flush}.
   *
   * @param urgent Whether it is sent at once with all that waits for the peer, and not when it is the peer's turn.
   */
  add(peer: KnownPeer, announcement: Announcement, { urgent = true }: { urgent?: boolean } = {}): void {
    if (urgent) this.#urgent.add(peer);
    const waiting = this.#waiting.get(peer);
    if (waiting) waiting.add(announcement);
    else this.#waiting.set(peer, new Set([announcement]));
  }

  /**
   * Begins to send what was added.
   *
   * @param spreadMs Over what time sending is spread that is not urgent, in milliseconds.
   */
  flush({ spreadMs = 0 }: { spreadMs?: number } = {}): void {
    for (const peer of this.#urgent) this.#start(peer);
    this.#urgent.clear();
    this.#spreadMs = spreadMs;
    this.#takeTurns();
  }

  /** Has one peer after the other sent what waits for it, with pauses in between. */
  #takeTurns(): void {
    if (this.#turn !== undefined || this.#stop.signal.aborted) return;
    const idle = this.#waiting.keys().filter((peer) => !this.#sending.has(peer)).toArray();
    const [peer] = idle;
    if (!peer) return;
    this.#start(peer);
    if (idle.length === 1) return;
    this.#turn = setTimeout(() => {
      this.#turn = undefined;
      this.#takeTurns();
    }, Math.min(TURN_MAX_MS, this.#spreadMs / idle.length));
  }

  #start(peer: KnownPeer): void {
    if (this.#sending.has(peer) || !this.#waiting.has(peer)) return;
    this.#sending.add(peer);
    this.#empty(peer).catch(() => {}).finally(() => this.#sending.delete(peer));
  }

  async #empty(peer: KnownPeer): Promise<void> {
    const { signal } = this.#stop;
    const pauses = backoff(RETRY_BACKOFF);
    for (let batch = this.#waiting.get(peer); batch; batch = this.#waiting.get(peer)) {
      this.#waiting.delete(peer);
      if (peer.goneSinceMs !== undefined) return;
      const announcements = batch;
      try {
        await this.#slots.run(() => this.#send(peer, announcements), { signal });
      } catch (reason) {
        if (signal.aborted) return;
        logger.debug("Announcing {count} keys to {id} again later: {error}", {
          count: announcements.size,
          id: peer.id,
          error: errorMessage(reason),
        });
        for (const announcement of announcements) this.add(peer, announcement, { urgent: false });
        await sleep(pauses.next().value, signal);
      }
    }
  }

  async #send(peer: KnownPeer, announcements: Iterable<Announcement>): Promise<void> {
    const signal = deadline(SEND_TIMEOUT_MS, this.#stop.signal);
    const sending = this.#client.sendRecords(peer, encodeAll(announcements), { signal });
    this.#onTheWay.set(peer, sending);
    try {
      await sending;
    } finally {
      this.#onTheWay.delete(peer);
    }
  }

  /** Waits until nothing is on the way to a peer that was sent before: what is told by another stream would pass it. */
  async arrived(peer: KnownPeer): Promise<void> {
    await this.#onTheWay.get(peer)?.catch(() => {});
  }

  /** Forgets everything that waits. */
  [Symbol.dispose](): void {
    this.#stop.abort(new Error("the node stops"));
    clearTimeout(this.#turn);
    this.#waiting.clear();
  }
}

function* encodeAll(announcements: Iterable<Announcement>): Generator<Uint8Array> {
  for (const announcement of announcements) {
    const bytes = announcement.encode();
    if (bytes) yield bytes;
  }
}
