import type { ContentRouter } from "../../../src/routing/router.ts";
import type { FoundProvider, LookupOutcome } from "./host_calls.ts";

/** How a lookup is run. */
export interface RunLookupOptions {
  /** When it is aborted, in milliseconds. */
  deadlineMs: number;
  /** The most providers. */
  limit?: number;
}

/** Looks a key up as a client with a deadline does, and takes the time. */
export async function runLookup(
  router: ContentRouter,
  key: string,
  options: RunLookupOptions,
): Promise<Omit<LookupOutcome, "stallMs">> {
  const { deadlineMs, limit } = options;
  const signal = AbortSignal.timeout(deadlineMs);
  const providers: FoundProvider[] = [];
  const startMs = performance.now();
  // Counted from the turn after the one in which the abort is heard: how late a timer is, or how long the same turn goes
  // on with other work, says nothing about the router.
  let nextTurn: ReturnType<typeof setTimeout> | undefined;
  let dueMs = Infinity;
  const onAbort = () => nextTurn = setTimeout(() => dueMs = performance.now());
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    for await (const provider of router.lookup(key, { limit, signal })) {
      providers.push({ ...provider, atMs: performance.now() - startMs });
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    clearTimeout(nextTurn);
  }
  const nowMs = performance.now();
  return { providers, endMs: nowMs - startMs, lateMs: Math.max(0, nowMs - dueMs) };
}
