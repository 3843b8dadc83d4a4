import type { CallOptions } from "../../core/call_options.ts";
import { onAbort } from "../../core/on_abort.ts";

/** Wakes a loop that waits for something to do. */
export class Alarm {
  #rung = false;
  #waiting: (() => void) | undefined;

  /** Ends the wait that is under way, or else the next one. */
  ring(): void {
    this.#rung = true;
    this.#waiting?.();
  }

  /**
   * Waits until the alarm rings, but not longer than `ms`.
   *
   * @throws the signal's reason, once it aborts.
   */
  async wait(ms: number, { signal }: CallOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    if (!this.#rung) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      using _ = onAbort(signal, () => reject(signal?.reason));
      const timer = ms === Infinity ? undefined : setTimeout(resolve, Math.max(0, ms));
      this.#waiting = resolve;
      try {
        await promise;
      } finally {
        clearTimeout(timer);
        this.#waiting = undefined;
      }
    }
    this.#rung = false;
  }
}
