/** The signals that end the demo before its time. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Returns a signal that aborts when somebody wants the demo to end. From then on further signals change nothing: one
 * Ctrl-C may arrive twice, from the terminal and from the task runner, and cleaning up takes a moment.
 */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of SIGNALS) {
    Deno.addSignalListener(name, () => controller.abort(new DOMException("stopped by a signal", "AbortError")));
  }
  return controller.signal;
}
