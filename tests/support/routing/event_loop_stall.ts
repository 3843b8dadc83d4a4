/** How often it is looked, in milliseconds. */
const INTERVAL_MS = 20;
/** For how long it is remembered for {@linkcode EventLoopStall.recentMs}, in milliseconds. */
const REMEMBERED_MS = 8_000;

/** Watches how long the event loop of this process is held up, so that late answers can be told from late timers. */
export class EventLoopStall implements Disposable {
  #dueMs = performance.now() + INTERVAL_MS;
  #longestMs = 0;
  /** Stalls that no later one exceeds, the oldest first. */
  readonly #recent: { atMs: number; ms: number }[] = [];
  readonly #timer: ReturnType<typeof setInterval>;

  constructor() {
    this.#timer = setInterval(() => this.#look(), INTERVAL_MS);
  }

  /** Returns the longest that it was held up since the last call, in milliseconds. */
  take(): number {
    const longestMs = this.#longestMs;
    this.#longestMs = 0;
    return longestMs;
  }

  /** The longest that it was held up lately, in milliseconds. */
  get recentMs(): number {
    const sinceMs = performance.now() - REMEMBERED_MS;
    while (this.#recent.length > 0 && this.#recent[0]!.atMs < sinceMs) this.#recent.shift();
    return this.#recent[0]?.ms ?? 0;
  }

  #look(): void {
    const nowMs = performance.now();
    const ms = nowMs - this.#dueMs;
    this.#longestMs = Math.max(this.#longestMs, ms);
    while (this.#recent.length > 0 && this.#recent.at(-1)!.ms <= ms) this.#recent.pop();
    this.#recent.push({ atMs: nowMs, ms });
    this.#dueMs = nowMs + INTERVAL_MS;
  }

  /** Stops looking. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
