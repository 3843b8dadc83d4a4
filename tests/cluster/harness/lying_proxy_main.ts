/**
 * A listener that lies about large bodies: `lying_proxy_main.ts <host:port> <target host:port> <lie>`.
 *
 * It stands before the peer listener of a node, passes every request on and prints it, as `<method> <path>`. Answers
 * with little in them pass as they are. It prints `lying on <host:port>` when it listens, and ends with SIGTERM.
 *
 * @module
 */
import { MIB } from "../../../src/core/units.ts";
import { DirectClient } from "../../../src/http/direct_client.ts";
import { type Lie, LIES } from "./lies.ts";

/** Bodies that are shorter are left alone: one layer that is wrong is enough. */
const LARGE_BYTES = 4 * MIB;
/** Where a body begins to be wrong, in bytes. */
const WRONG_AT = MIB + MIB / 2;
/** How much more a length says than there is, in bytes. */
const MORE_BYTES = 4096;

function lieAbout(response: Response, lie: Lie): Response {
  const length = Number(response.headers.get("content-length") ?? LARGE_BYTES);
  const headers = new Headers(response.headers);
  const { body, status } = response;
  if (!body || length < LARGE_BYTES) return new Response(body, { status, headers });
  if (lie === "wrong bytes") return new Response(body.pipeThrough(wrongFrom(WRONG_AT)), { status, headers });
  if (lie === "wrong total") {
    headers.set("content-length", `${length + MORE_BYTES}`);
    return new Response(body.pipeThrough(more(MORE_BYTES)), { status, headers });
  }
  headers.delete("content-length");
  return new Response(body.pipeThrough(more(Infinity)), { status, headers });
}

/** Turns one byte over. */
function wrongFrom(offset: number): TransformStream<Uint8Array, Uint8Array> {
  let position = 0;
  return new TransformStream({
    transform(chunk, controller) {
      const at = offset - position;
      position += chunk.byteLength;
      const copy = chunk.slice();
      if (at >= 0 && at < copy.byteLength) copy[at] = ~(copy[at] ?? 0);
      controller.enqueue(copy);
    },
  });
}

/** Sends so many bytes after the end. */
function more(bytes: number): TransformStream<Uint8Array, Uint8Array> {
  return new TransformStream({
    async flush(controller) {
      const chunk = new Uint8Array(MORE_BYTES);
      for (let sent = 0; sent < bytes; sent += chunk.byteLength) {
        controller.enqueue(chunk);
        if (sent > 0) await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
  });
}

if (import.meta.main) {
  const [listen = "", target = "", wanted] = Deno.args;
  const lie = LIES.find((name) => name === wanted);
  if (!lie) throw new SyntaxError(`Cannot lie "${wanted}": expected one of ${LIES.join(", ")}`);
  const client = new DirectClient();
  const [hostname, port] = listen.split(":");
  const server = Deno.serve({
    hostname,
    port: Number(port),
    onListen: () => console.log(`lying on ${listen}`),
  }, async (request) => {
    const { pathname, search } = new URL(request.url);
    console.log(`${request.method} ${pathname}`);
    const response = await client.fetch(`http://${target}${pathname}${search}`, {
      method: request.method,
      headers: request.headers,
      signal: request.signal,
    });
    return lieAbout(response, lie);
  });
  Deno.addSignalListener("SIGTERM", () => server.shutdown().then(() => Deno.exit()));
}
