/**
 * Reads a body of a server that falls silent, lets everything that nobody holds be collected, and aborts: run with
 * `--v8-flags=--expose-gc`. Prints how the read that is under way ends.
 *
 * @module
 */
import { DirectClient } from "../../src/http/direct_client.ts";

const FIRST_BYTES = 70_000;
/** How long the read is waited for after the abort, in milliseconds. */
const PATIENCE_MS = 5_000;

/** Returns the reader alone, as those do who relay bodies. */
async function open(client: DirectClient, url: string, signal: AbortSignal): Promise<ReadableStreamBYOBReader> {
  const response = await client.fetch(url, { signal: AbortSignal.any([signal, new AbortController().signal]) });
  if (!response.body) throw new Error("Cannot read: there is no body");
  return response.body.getReader({ mode: "byob" });
}

if (import.meta.main) {
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () =>
    new Response(
      new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(FIRST_BYTES)) }),
      { headers: { "content-length": `${2 * FIRST_BYTES}` } },
    ));
  using client = new DirectClient();
  const controller = new AbortController();
  const reader = await open(client, `http://127.0.0.1:${server.addr.port}/`, controller.signal);
  for (let received = 0; received < FIRST_BYTES;) {
    received += (await reader.read(new Uint8Array(FIRST_BYTES))).value?.byteLength ?? 0;
  }
  const read = reader.read(new Uint8Array(FIRST_BYTES)).then(() => "more", (reason) => reason.name);
  const { gc } = globalThis as { gc?: () => void };
  for (let round = 0; round < 20; round++) {
    gc?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  controller.abort();
  const late = new Promise((resolve) => setTimeout(() => resolve("nothing"), PATIENCE_MS));
  console.log(gc ? await Promise.race([read, late]) : "run with --v8-flags=--expose-gc");
  Deno.exit();
}
