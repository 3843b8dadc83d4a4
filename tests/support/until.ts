/** How {@linkcode until} waits. */
export interface UntilOptions {
  /** When it gives up, in milliseconds. @default {20_000} */
  timeoutMs?: number;
  /** The pause between two tries, in milliseconds. @default {50} */
  intervalMs?: number;
}

/**
 * Tries `probe` until it gives something other than `false` or `undefined`. A probe that throws is tried again.
 *
 * @param what What is waited for, for the error.
 * @throws {Error} If the deadline passes first; its cause is what the last probe threw.
 */
export async function until<T>(
  what: string,
  probe: () => T | false | undefined | Promise<T | false | undefined>,
  options: UntilOptions = {},
): Promise<T> {
  const { timeoutMs = 20_000, intervalMs = 50 } = options;
  const giveUpAt = Date.now() + timeoutMs;
  for (;;) {
    let cause: unknown;
    try {
      const result = await probe();
      if (result !== false && result !== undefined) return result;
    } catch (reason) {
      cause = reason;
    }
    if (Date.now() >= giveUpAt) {
      throw new Error(`Cannot wait for ${what}: it took more than ${timeoutMs} ms`, { cause });
    }
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
}
