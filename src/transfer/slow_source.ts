import { MIB, SECOND_MS } from "../core/units.ts";
import type { Progress } from "./failover_reader.ts";

/** For how long a body is watched until it is judged, in milliseconds. */
const WATCH_MS = SECOND_MS / 2;
/** A source that is this fast needs no help, in bytes per second: beyond it, disks and processors are the limit. */
const FAST_ENOUGH = 200 * MIB;
/** The share of the time that a reader must have waited for its source: else it is itself what is slow. */
const WAITED_SHARE = 0.6;
/** How many bytes must be left for other sources to be worth it. */
const LEFT_MIN_BYTES = 16 * MIB;

/** Tells when the source of a body is slower than its reader. */
export class SlowSource {
  readonly #length: number;
  readonly #now: () => number;
  #sinceMs: number;
  #before: Progress = { received: 0, waitedMs: 0 };

  /**
   * @param length How many bytes the body has.
   * @param now Tells the time in milliseconds. @default {performance.now}
   */
  constructor(length: number, now: () => number = () => performance.now()) {
    this.#length = length;
    this.#now = now;
    this.#sinceMs = now();
  }

  /** Returns the rate of the source in bytes per second, if it was found to be slow just now. */
  judge(progress: Progress): number | undefined {
    const elapsedMs = this.#now() - this.#sinceMs;
    if (elapsedMs < WATCH_MS) return undefined;
    const received = progress.received - this.#before.received;
    const waitedMs = progress.waitedMs - this.#before.waitedMs;
    this.#sinceMs = this.#now();
    this.#before = { ...progress };
    const rate = received / elapsedMs * SECOND_MS;
    const slow = waitedMs >= WAITED_SHARE * elapsedMs && rate < FAST_ENOUGH;
    return slow && this.#length - progress.received >= LEFT_MIN_BYTES ? rate : undefined;
  }
}
