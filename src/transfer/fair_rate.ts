import type { CallOptions } from "../core/call_options.ts";
import { onAbort } from "../core/on_abort.ts";
import { KIB, SECOND_MS } from "../core/units.ts";

/** How large the pieces should be that are asked for, as a share of a second's bytes, and at most. */
const PIECE_SHARE = 0.1;
const PIECE_MAX_BYTES = 64 * KIB;
/** How much may be saved up during a rest, as a share of a second's bytes. */
const BURST_SHARE = 0.05;
/** How long a peer that asks for nothing keeps its part: it may merely be reading from its disk, in milliseconds. */
const PART_KEPT_MS = SECOND_MS / 2;
/** Over which time the use of the rate is told, in milliseconds. */
const USED_OVER_MS = SECOND_MS;

/** Bytes that wait to be sent. */
interface Waiter {
  bytes: number;
  grant: () => void;
}

/** What a peer has coming. */
interface Part {
  /** What it may be sent now, in bytes: below zero after a piece that was larger than what was left. */
  credit: number;
  waiting: Set<Waiter>;
  askedAtMs: number;
}

/**
 * Shares a number of bytes per second among peers in equal parts, however much one of them asks for at once. What a peer
 * does not use goes to the others.
 */
export class FairRate {
  /** The largest piece that should be asked for at once, in bytes, so that nobody waits long for a turn. */
  readonly pieceBytes: number;
  readonly #bytesPerMs: number;
  readonly #burst: number;
  readonly #now: () => number;
  /** The part of each peer that asked lately, the one whose turn is next first. Bounded by the bodies being sent. */
  readonly #parts = new Map<string, Part>();
  /** What nobody has used, in bytes. */
  #spare: number;
  #refilledAtMs: number;
  #usedPerMs = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param bytesPerSecond The rate, above 0.
   * @param now Tells the time in milliseconds. @default {performance.now}
   */
  constructor(bytesPerSecond: number, now: () => number = () => performance.now()) {
    this.pieceBytes = Math.ceil(Math.min(PIECE_SHARE * bytesPerSecond, PIECE_MAX_BYTES));
    this.#bytesPerMs = bytesPerSecond / SECOND_MS;
    this.#burst = BURST_SHARE * bytesPerSecond;
    this.#now = now;
    this.#spare = this.#burst;
    this.#refilledAtMs = now();
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
    const part = this.#parts.get(peer) ?? { credit: 0, waiting: new Set(), askedAtMs: 0 };
    this.#parts.set(peer, part);
    part.askedAtMs = this.#now();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter: Waiter = { bytes, grant: resolve };
    part.waiting.add(waiter);
    using _ = onAbort(signal, () => {
      part.waiting.delete(waiter);
      this.#schedule();
      reject(signal?.reason);
    });
    this.#serve();
    await promise;
  }

  /** Divides what has come since the last time. */
  #refill(): void {
    const nowMs = this.#now();
    const elapsedMs = nowMs - this.#refilledAtMs;
    this.#refilledAtMs = nowMs;
    this.#usedPerMs *= Math.exp(-elapsedMs / USED_OVER_MS);
    for (const [peer, { waiting, askedAtMs }] of this.#parts) {
      if (waiting.size === 0 && nowMs - askedAtMs > PART_KEPT_MS) this.#parts.delete(peer);
    }
    const count = Math.max(this.#parts.size, 1);
    const each = elapsedMs * this.#bytesPerMs / count;
    if (this.#parts.size === 0) this.#spare += each;
    for (const part of this.#parts.values()) {
      part.credit += each;
      const over = Math.max(part.credit - this.#burst / count, 0);
      part.credit -= over;
      this.#spare += over;
    }
    this.#spare = Math.min(this.#spare, this.#burst);
  }

  /** Lets those who wait have what there is, in turns. */
  #serve(): void {
    for (let granted = true; granted;) {
      granted = false;
      for (const [peer, part] of [...this.#parts]) {
        const waiter = part.waiting.values().next().value;
        if (!waiter || (part.credit <= 0 && this.#spare <= 0)) continue;
        this.#spend(part, waiter.bytes);
        this.#usedPerMs += waiter.bytes / USED_OVER_MS;
        part.waiting.delete(waiter);
        this.#parts.delete(peer);
        this.#parts.set(peer, part); // at the end of the row
        waiter.grant();
        granted = true;
      }
    }
    this.#schedule();
  }

  /** Takes bytes from a peer's own part, and what that lacks from what nobody uses. */
  #spend(part: Part, bytes: number): void {
    part.credit -= bytes;
    const borrowed = Math.max(Math.min(-part.credit, this.#spare), 0);
    part.credit += borrowed;
    this.#spare -= borrowed;
  }

  /** Has a timer run exactly while somebody waits. */
  #schedule(): void {
    const waiting = this.#parts.values().filter(({ waiting }) => waiting.size > 0).toArray();
    if (waiting.length === 0) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      return;
    }
    if (this.#timer !== undefined) return;
    const most = Math.max(...waiting.map(({ credit }) => credit));
    const waitMs = Math.max(-most * this.#parts.size / this.#bytesPerMs, 0) + 1;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#refill();
      this.#serve();
    }, waitMs);
  }
}
