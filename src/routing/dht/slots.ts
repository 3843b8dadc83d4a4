import type { CallOptions } from "../../core/call_options.ts";
import { onAbort } from "../../core/on_abort.ts";

/** Bounds how many of something run at once. The others wait in order. */
export class Slots {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  /** @param count How many may run at once. */
  constructor(count: number) {
    this.#free = count;
  }

  /**
   * Runs a function as soon as there is a slot.
   *
   * @throws the signal's reason, if it aborts before there is a slot; what the function throws, otherwise.
   */
  async run<T>(run: () => Promise<T>, { signal }: CallOptions = {}): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await this.#wait(signal);
    try {
      return await run();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }

  async #wait(signal?: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    using _ = onAbort(signal, () => {
      this.#waiting.splice(this.#waiting.indexOf(resolve), 1);
      reject(signal?.reason);
    });
    await promise;
  }
}
