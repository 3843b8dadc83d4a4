/** How often it is looked, in milliseconds. */
const INTERVAL_MS = 20;

/** Watches how long the event loop of this process is held up, so that late answers can be told from late timers. */
export class EventLoopStall implements Disposable {
  #dueMs = performance.now() + INTERVAL_MS;
  #longestMs = 0;
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

  #look(): void {
    const nowMs = performance.now();
    this.#longestMs = Math.max(this.#longestMs, nowMs - this.#dueMs);
    this.#dueMs = nowMs + INTERVAL_MS;
  }

  /** Stops looking. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
