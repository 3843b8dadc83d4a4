import { onAbort } from "./on_abort.ts";

/** The longest time that a timer of the platform can run, in milliseconds; anything longer would end at once. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/**
 * Returns a signal that aborts after `ms`, or earlier when `signal` does.
 *
 * @param ms How long until the deadline, in milliseconds.
 * @param signal The caller's own signal.
 */
export function deadline(ms: number, signal?: AbortSignal): AbortSignal {
  const timeout = AbortSignal.timeout(Math.min(ms, TIMER_MAX_MS));
  return signal ? AbortSignal.any([signal, timeout]) : timeout;
}

/**
 * Settles as `promise` does, unless `signal` aborts first.
 *
 * For work that cannot be cancelled itself; work that takes a signal should be given it instead.
 *
 * @throws the signal's reason, once it aborts.
 */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  using _ = onAbort(signal, () => reject(signal.reason));
  return await Promise.race([aborted, promise]);
}

/**
 * Waits for `ms`, or until `signal` aborts.
 *
 * @throws the signal's reason, once it aborts.
 */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  using _ = onAbort(signal, () => reject(signal?.reason));
  const timer = setTimeout(resolve, Math.min(ms, TIMER_MAX_MS));
  try {
    await promise;
  } finally {
    clearTimeout(timer);
  }
}
