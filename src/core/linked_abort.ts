import { onAbort } from "./on_abort.ts";

/** Makes a controller that aborts when `signal` does, or on its own, and lets go of `signal` then. */
export function linkedAbort(signal: AbortSignal | undefined): AbortController {
  const linked = new AbortController();
  const ending = onAbort(signal, () => linked.abort(signal?.reason));
  onAbort(linked.signal, () => ending[Symbol.dispose]());
  return linked;
}
