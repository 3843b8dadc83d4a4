/**
 * Calls `listener` once when `signal` aborts: at once if it has aborted already, which no event tells any more.
 *
 * @returns What takes the listener away again.
 */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): Disposable {
  if (signal?.aborted) listener();
  else signal?.addEventListener("abort", listener, { once: true });
  return { [Symbol.dispose]: () => signal?.removeEventListener("abort", listener) };
}
