import { onAbort } from "../core/on_abort.ts";

/** What time is, for everything that waits in a flight: a simulation has a clock of its own. */
export interface Clock {
  /** Returns the time in milliseconds, from any beginning. It never goes back. */
  nowMs(): number;
  /** Runs something later, once. Returns a function that calls it off. */
  after(ms: number, run: () => void): () => void;
}

/** The time of the platform. */
export const SYSTEM_CLOCK: Clock = {
  nowMs: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** Waits until something happens, the time is over, or the signal aborts, whichever is first. Never throws. */
export async function waitFor(
  clock: Clock,
  ms: number,
  happens: Promise<unknown>,
  signal?: AbortSignal,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  using _ = onAbort(signal, resolve);
  const cancel = clock.after(ms, resolve);
  try {
    await Promise.race([promise, happens.catch(() => {})]);
  } finally {
    cancel();
  }
}

/** Calls something with a signal that aborts when the time is over or the caller's own signal does. */
export async function withinMs<T>(
  clock: Clock,
  ms: number,
  call: (signal: AbortSignal) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  signal?.throwIfAborted();
  const late = new AbortController();
  const { promise, reject } = Promise.withResolvers<never>();
  const end = (reason: unknown) => {
    late.abort(reason);
    reject(reason);
  };
  const cancel = clock.after(ms, () => end(new DOMException(`It took more than ${ms} ms`, "TimeoutError")));
  using _ = onAbort(signal, () => end(signal?.reason));
  try {
    return await Promise.race([call(late.signal), promise]);
  } finally {
    cancel();
  }
}
