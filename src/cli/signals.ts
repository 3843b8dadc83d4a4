/** The signals that end a command in order. */
const SIGNALS = ["SIGTERM", "SIGINT"] as const;

/** A wait for a signal of the system. */
export interface SignalWatch extends Disposable {
  /** Aborts at the first signal. */
  readonly signal: AbortSignal;
  /** Resolves at the first signal. */
  readonly received: Promise<void>;
}

/** Starts to wait for SIGTERM or SIGINT. A second one ends the process at once, with exit code 1. */
export function watchSignals(): SignalWatch {
  const controller = new AbortController();
  const { promise, resolve } = Promise.withResolvers<void>();
  const onSignal = () => {
    if (controller.signal.aborted) Deno.exit(1);
    controller.abort(new DOMException("The process was asked to stop", "AbortError"));
    resolve();
  };
  for (const name of SIGNALS) Deno.addSignalListener(name, onSignal);
  return {
    signal: controller.signal,
    received: promise,
    [Symbol.dispose]() {
      for (const name of SIGNALS) Deno.removeSignalListener(name, onSignal);
    },
  };
}
