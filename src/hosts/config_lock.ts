import { backoff } from "../core/backoff.ts";
import type { CallOptions } from "../core/call_options.ts";
import { sleep } from "../core/deadline.ts";
import { SECOND_MS } from "../core/units.ts";

/** What else {@linkcode lockDirectory} takes. */
export interface LockOptions extends CallOptions {
  /** How long another run is waited for, in milliseconds. @default {30_000} */
  waitMs?: number;
}

/**
 * Keeps other runs away from a directory until it is disposed of.
 *
 * The lock is on the directory itself, so it leaves nothing behind, and the system lets go of it with the process. It
 * holds between containers, as they share the directory and not only its name.
 *
 * @throws {Error} If another run keeps the lock for too long.
 */
export async function lockDirectory(path: string, options: LockOptions = {}): Promise<Disposable> {
  const { signal, waitMs = 30 * SECOND_MS } = options;
  signal?.throwIfAborted();
  const directory = await Deno.open(path);
  try {
    const until = Date.now() + waitMs;
    const pauses = backoff({ minMs: 10, maxMs: SECOND_MS });
    while (!await directory.tryLock(true)) {
      if (Date.now() >= until) throw new Error(`Cannot lock "${path}": another run holds it for ${waitMs} ms`);
      await sleep(pauses.next().value, signal);
    }
    return directory;
  } catch (reason) {
    directory.close();
    throw reason;
  }
}
