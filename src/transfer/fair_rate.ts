import type { CallOptions } from "../core/call_options.ts";
import { KIB, SECOND_MS } from "../core/units.ts";

/** How large the pieces should be that are asked for, as a share of a second's bytes, and at most. */
const PIECE_SHARE = 0.1;
const PIECE_MAX_BYTES = 64 * KIB;
/** How much may be sent at once after a rest, as a share of a second's bytes. */
const BURST_SHARE = 0.05;
/** Over which time the use of the rate is told, in milliseconds. */
const USED_OVER_MS = SECOND_MS;

/** Bytes that wait to be sent. */
interface Waiter {
  bytes: number;
  grant: () => void;
}

/**
 * Shares a number of bytes per second among peers: each one that waits gets its turn, however much it asks for at once.
 */
export class FairRate {
  /** The largest piece that should be asked for at once, in bytes, so that nobody waits long for a turn. */
  readonly pieceBytes: number;
  readonly #bytesPerMs: number;
  readonly #now: () => number;
  /** Those who wait, by peer, the one whose turn is next first. Bounded by the bodies that are being sent. */
  readonly #waiting = new Map<string, Set<Waiter>>();
  /** What may be sent now, in bytes: below zero after a piece that was larger than what was left. */
  #credit: number;
  #creditAtMs: number;
  #usedPerMs = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param bytesPerSecond The rate, above 0.
   * @param now Tells the time in milliseconds. @default {performance.now}
   */
  constructor(bytesPerSecond: number, now: () => number = () => performance.now()) {
    this.#bytesPerMs = bytesPerSecond / SECOND_MS;
    this.pieceBytes = Math.ceil(Math.min(PIECE_SHARE * bytesPerSecond, PIECE_MAX_BYTES));
    this.#now = now;
    this.#credit = BURST_SHARE * bytesPerSecond;
    this.#creditAtMs = now();
  }

  /** How much of the rate was used in the last second or so, from 0 to 1. */
  get used(): number {
    this.#refill();
    return Math.min(this.#usedPerMs / this.#bytesPerMs, 1);
  }

  /**
   * Waits until a peer may be sent so many bytes.
   *
   * @throws the signal's reason, once it aborts.
   */
  async take(peer: string, bytes: number, { signal }: CallOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    this.#refill();
    if (this.#waiting.size === 0 && this.#credit > 0) return this.#spend(bytes);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter: Waiter = { bytes, grant: resolve };
    const waiters = this.#waiting.get(peer) ?? new Set();
    this.#waiting.set(peer, waiters.add(waiter));
    this.#schedule();
    const leave = () => {
      waiters.delete(waiter);
      if (waiters.size === 0 && this.#waiting.get(peer) === waiters) this.#waiting.delete(peer);
      this.#schedule();
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", leave, { once: true });
    try {
      await promise;
    } finally {
      signal?.removeEventListener("abort", leave);
    }
  }

  #refill(): void {
    const nowMs = this.#now();
    const elapsedMs = nowMs - this.#creditAtMs;
    const burst = BURST_SHARE * this.#bytesPerMs * SECOND_MS;
    this.#credit = Math.min(this.#credit + elapsedMs * this.#bytesPerMs, burst);
    this.#usedPerMs *= Math.exp(-elapsedMs / USED_OVER_MS);
    this.#creditAtMs = nowMs;
  }

  #spend(bytes: number): void {
    this.#credit -= bytes;
    this.#usedPerMs += bytes / USED_OVER_MS;
  }

  #serve(): void {
    this.#refill();
    while (this.#credit > 0) {
      const [peer, waiters] = this.#waiting.entries().next().value ?? [];
      const waiter = waiters?.values().next().value;
      if (peer === undefined || !waiters || !waiter) break;
      waiters.delete(waiter);
      this.#waiting.delete(peer);
      if (waiters.size > 0) this.#waiting.set(peer, waiters); // at the end of the row
      this.#spend(waiter.bytes);
      waiter.grant();
    }
    this.#schedule();
  }

  /** Has a timer run exactly while somebody waits. */
  #schedule(): void {
    if (this.#waiting.size === 0) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    } else if (this.#timer === undefined) {
      const waitMs = Math.max(-this.#credit / this.#bytesPerMs, 0) + 1;
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        this.#serve();
      }, waitMs);
    }
  }
}
