/** How often the event loop is looked at, in milliseconds. */
const INTERVAL_MS = 100;
/** From how late a timer on the event loop is taken for busy, in milliseconds. */
const LATE_MS = 100;
/** For how long after that it counts as busy, in milliseconds. */
const REMEMBERED_MS = 3_000;

/**
 * Knows whether this process gets along with its work.
 *
 * While it does not, its own deadlines pass though nobody else is late: then a connection that takes too long says
 * nothing about the other node.
 */
export class Busyness implements Disposable {
  readonly #timer: ReturnType<typeof setInterval>;
  #lookedMs = performance.now();
  #lateMs = -Infinity;

  constructor() {
    this.#timer = setInterval(() => this.#look(), INTERVAL_MS);
  }

  /** Whether this process has been late lately. */
  get isBusy(): boolean {
    const nowMs = performance.now();
    return nowMs - this.#lateMs < REMEMBERED_MS || nowMs - this.#lookedMs > INTERVAL_MS + LATE_MS;
  }

  #look(): void {
    const nowMs = performance.now();
    if (nowMs - this.#lookedMs > INTERVAL_MS + LATE_MS) this.#lateMs = nowMs;
    this.#lookedMs = nowMs;
  }

  /** Looks no more. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
