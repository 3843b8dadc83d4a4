import { SECOND_MS } from "../../core/units.ts";

/** How many connections may be opened at once: at first, at least, and at most. */
const COUNT = { first: 4, min: 1, max: 16 };
/** A handshake takes some 20 ms where both ends have time for it: up to this it is quick, from that on slow. */
const QUICK_MS = 250;
const SLOW_MS = SECOND_MS;
/** How often it goes down at most, in milliseconds: those that are slow for the same reason count once. */
const PAUSE_MS = SECOND_MS;

/**
 * Finds out how many connections can be opened at once.
 *
 * As TCP finds its window: one more for each round of them that is quick, half as many when one is slow.
 */
export class DialLimit {
  readonly #now: () => number;
  #count: number = COUNT.first;
  #halvedMs = -Infinity;

  constructor(options: { now?: () => number } = {}) {
    this.#now = options.now ?? (() => performance.now());
  }

  /** How many. */
  get count(): number {
    return Math.floor(this.#count);
  }

  /** Takes note of how long a handshake took, whatever came of it, in milliseconds. */
  took(ms: number): void {
    if (ms <= QUICK_MS) this.#count = Math.min(COUNT.max, this.#count + 1 / this.#count);
    else if (ms >= SLOW_MS && this.#now() - this.#halvedMs >= PAUSE_MS) {
      this.#halvedMs = this.#now();
      this.#count = Math.max(COUNT.min, this.#count / 2);
    }
  }
}
