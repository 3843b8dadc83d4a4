/**
 * Asks by HEAD until every URL is answered with 200: `await_served.ts <milliseconds> <url>…`.
 *
 * A program of its own, as a node's local listener is reached from inside the node's network namespace only. It ends
 * with 0 when all are served, and with 1 when time is up, naming those that are not.
 *
 * @module
 */

/** The pause between two rounds, in milliseconds. */
const PAUSE_MS = 100;

async function isServed(url: string): Promise<boolean> {
  const response = await fetch(url, { method: "HEAD", signal: AbortSignal.timeout(5_000) }).catch(() => undefined);
  return response?.status === 200;
}

if (import.meta.main) {
  const [timeoutMs, ...urls] = Deno.args;
  const giveUpAt = Date.now() + Number(timeoutMs);
  let missing = urls;
  while (missing.length > 0 && Date.now() < giveUpAt) {
    const served = await Promise.all(missing.map(isServed));
    missing = missing.filter((_, index) => !served[index]);
    if (missing.length > 0) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  for (const url of missing) console.error(`not served: ${url}`);
  Deno.exit(missing.length > 0 ? 1 : 0);
}
