/**
 * Asks a URL until it is answered with 200, as a kubelet probes: `await_ready.ts <milliseconds> <url>`.
 *
 * A program of its own, as a pod is reached from inside its node's network namespace only.
 *
 * @module
 */
if (import.meta.main) {
  const [timeoutMs, url = ""] = Deno.args;
  const giveUpAt = Date.now() + Number(timeoutMs);
  let last: unknown;
  while (Date.now() < giveUpAt) {
    last = await fetch(url, { signal: AbortSignal.timeout(5_000) }).then(
      async (response) => `${response.status} ${await response.text()}`,
      (reason) => reason,
    );
    if (String(last).startsWith("200 ")) Deno.exit(0);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  console.error(`${url} is not ready: ${last}`);
  Deno.exit(1);
}
