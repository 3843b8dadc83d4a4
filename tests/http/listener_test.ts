import assert from "@std/assert";
import { connect } from "node:net";
import { sleep } from "../../src/core/deadline.ts";
import { type Handler, listen, type Listener } from "../../src/http/listener.ts";
import { rawHttp } from "../support/raw_http.ts";
import { until } from "../support/until.ts";

const LOOPBACK = { hostname: "127.0.0.1", port: 0 };
const GET = ["GET / HTTP/1.1", "Host: a"];
const GET_AND_CLOSE = [...GET, "Connection: close"];

/** Answers with a body that says `a` now, and `b` when it is let go; it never ends unless it is let go. */
function twoPartBody() {
  const rest = Promise.withResolvers<void>();
  let cancelled = false;
  const handler: Handler = () => {
    let part = 0;
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        if (part === 1) await rest.promise;
        if (cancelled) return;
        controller.enqueue(new TextEncoder().encode("ab"[part]));
        if (++part === 2) controller.close();
      },
      cancel: () => void (cancelled = true),
    }, { highWaterMark: 0 });
    return new Response(body, { headers: { "content-length": "2" } });
  };
  return { handler, rest, cancelled: () => cancelled };
}

/** Asks, and waits until the first part of the body is there. */
async function startedRequest(listener: Listener) {
  let text = "";
  const socket = connect({ host: "127.0.0.1", port: listener.port });
  const ended = new Promise<string>((resolve, reject) => {
    socket.on("end", () => resolve(text.split("\r\n\r\n")[1] ?? ""));
    socket.on("error", reject);
  });
  socket.on("data", (chunk: Uint8Array) => text += new TextDecoder().decode(chunk));
  socket.write(`${GET_AND_CLOSE.join("\r\n")}\r\n\r\n`);
  await until("the first part of the body", () => text.endsWith("\r\n\r\na"), { intervalMs: 5 });
  return { ended, socket };
}

Deno.test("listen() tells the address and port that were bound", async () => {
  await using listener = listen(LOOPBACK, () => new Response("x"));
  assert(listener.port > 0);
  assert.equal(listener.address, `127.0.0.1:${listener.port}`);
  assert.equal((await rawHttp(listener.port, GET_AND_CLOSE)).status, 200);
});

Deno.test("listen() without a hostname answers IPv4 clients too", async () => {
  await using listener = listen({ port: 0 }, () => new Response("x"));
  assert.equal((await rawHttp(listener.port, GET_AND_CLOSE)).status, 200);
});

Deno.test("listen() throws AddrInUse when the port is taken", async () => {
  await using listener = listen(LOOPBACK, () => new Response());
  assert.throws(() => listen({ ...LOOPBACK, port: listener.port }, () => new Response()), Deno.errors.AddrInUse);
});

Deno.test("a listener answers 500 when its handler throws, and goes on", async () => {
  let calls = 0;
  const handler = () => {
    if (++calls === 1) throw new Error("secret");
    return new Response("x");
  };
  await using listener = listen(LOOPBACK, handler);
  const { status, body } = await rawHttp(listener.port, GET_AND_CLOSE);
  assert.deepEqual([status, body.length], [500, 0]);
  assert.equal((await rawHttp(listener.port, GET_AND_CLOSE)).status, 200);
});

Deno.test("a listener that is disposed of ends idle connections in order and refuses new ones", async () => {
  const listener = listen(LOOPBACK, () => new Response("x"));
  const idle = rawHttp(listener.port, GET);
  await sleep(50);
  await listener[Symbol.asyncDispose]();
  const { status, end } = await idle;
  assert.deepEqual([status, end], [200, "FIN"]);
  await assert.rejects(rawHttp(listener.port, GET), /ECONNREFUSED/);
});

Deno.test("a listener that is disposed of lets a running body finish", async () => {
  const { handler, rest } = twoPartBody();
  const listener = listen(LOOPBACK, handler, { drainMs: 60_000 });
  const { ended, socket } = await startedRequest(listener);
  const disposed = listener[Symbol.asyncDispose]();
  assert.equal((await rawHttp(listener.port, GET_AND_CLOSE)).status, 503, "nothing new is begun");
  rest.resolve();
  assert.equal(await ended, "ab");
  await disposed;
  socket.destroy();
});

Deno.test("a listener that is disposed of ends in order what runs for too long, and cancels it", async () => {
  const { handler, rest, cancelled } = twoPartBody();
  const listener = listen(LOOPBACK, handler, { drainMs: 20 });
  const { ended, socket } = await startedRequest(listener);
  await listener[Symbol.asyncDispose]();
  assert.equal(await ended, "a", "it is a FIN: a reset would be an error");
  await until("the body's end", cancelled, { intervalMs: 5 });
  rest.resolve();
  socket.destroy();
});

Deno.test("a listener that is disposed of does not wait for a handler that never answers", async () => {
  const answer = Promise.withResolvers<Response>();
  const listener = listen(LOOPBACK, () => answer.promise, { drainMs: 20 });
  const asking = rawHttp(listener.port, GET_AND_CLOSE);
  await sleep(50);
  await listener[Symbol.asyncDispose]();
  assert.deepEqual([(await asking).status, (await asking).end], [0, "FIN"]);
  answer.resolve(new Response());
});
