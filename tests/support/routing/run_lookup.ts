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
export async function runLookup(router: ContentRouter, key: string, options: RunLookupOptions): Promise<LookupOutcome> {
  const { deadlineMs, limit } = options;
  const signal = AbortSignal.timeout(deadlineMs);
  const providers: FoundProvider[] = [];
  const startMs = performance.now();
  // Counted from when the abort is heard: how late a timer is says nothing about the router.
  let abortedMs = Infinity;
  signal.addEventListener("abort", () => abortedMs = performance.now(), { once: true });
  for await (const provider of router.lookup(key, { limit, signal })) {
    providers.push({ ...provider, atMs: performance.now() - startMs });
  }
  const nowMs = performance.now();
  return { providers, endMs: nowMs - startMs, lateMs: Math.max(0, nowMs - abortedMs) };
}
