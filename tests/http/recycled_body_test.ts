import assert from "@std/assert";
import { connect as connectHttp2 } from "node:http2";
import { KIB, MIB } from "../../src/core/units.ts";
import { withRecycledBody } from "../../src/http/recycled_body.ts";
import { rawHttp } from "../support/raw_http.ts";

/** Long enough to use every buffer several times. */
const BODY_BYTES = 24 * MIB;

/** How many bytes a source brings at once. */
const CHUNKS = {
  "whole buffers": () => MIB,
  "chunks around the size that is copied": () => 64 * KIB - 2 + Math.floor(5 * Math.random()),
  "few bytes": () => 1 + Math.floor(3_000 * Math.random()),
  "chunks of any size": () => 1 + Math.floor((Math.random() < 0.3 ? KIB : 300 * KIB) * Math.random()),
} as const;

/** Each byte tells its place, so that bytes of another place are seen. */
function byteAt(index: number): number {
  return (Math.imul(index, 2654435761) >>> 24) ^ (index >>> 16) & 0xff;
}

function patternSource(chunkBytes: () => number): ReadableStream<Uint8Array<ArrayBuffer>> {
  let offset = 0;
  return new ReadableStream({
    type: "bytes",
    autoAllocateChunkSize: 64 * KIB,
    pull(controller) {
      const request = controller.byobRequest;
      if (!request?.view) return;
      const { buffer, byteOffset, byteLength } = request.view;
      const count = Math.min(byteLength, BODY_BYTES - offset, chunkBytes());
      const view = new Uint8Array(buffer, byteOffset, count);
      for (let index = 0; index < count; index++) view[index] = byteAt(offset + index);
      offset += count;
      if (count === 0) controller.close();
      request.respond(count);
    },
  });
}

/** Checks that the bytes are those of the pattern from `offset` on, and returns the offset behind them. */
function checkPattern(bytes: Uint8Array, offset: number): number {
  for (let index = 0; index < bytes.length; index++) {
    if (bytes[index] !== byteAt(offset + index)) assert.fail(`byte ${offset + index} is that of another place`);
  }
  return offset + bytes.length;
}

function serveBody(chunkBytes: () => number): Deno.HttpServer<Deno.NetAddr> {
  const headers = { "content-length": String(BODY_BYTES) };
  return Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => withRecycledBody(new Response(patternSource(chunkBytes), { headers })),
  );
}

/** Now and then the reader pauses, so that the server's queues run full. */
async function pauseNowAndThen(): Promise<void> {
  if (Math.random() < 0.1) await new Promise((resolve) => setTimeout(resolve, 5));
}

for (const [name, chunkBytes] of Object.entries(CHUNKS)) {
  Deno.test(`withRecycledBody() brings every byte to a jerky reader from ${name}`, async () => {
    await using server = serveBody(chunkBytes);
    using conn = await Deno.connect({ hostname: "127.0.0.1", port: server.addr.port });
    await conn.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"));
    const buffer = new Uint8Array(MIB);
    const headBytes = await readHead(conn, buffer);
    let offset = checkPattern(headBytes, 0);
    for (let count; (count = await conn.read(buffer.subarray(0, 1 + Math.floor(MIB * Math.random())))) !== null;) {
      offset = checkPattern(buffer.subarray(0, count), offset);
      await pauseNowAndThen();
    }
    assert.equal(offset, BODY_BYTES);
  });
}

Deno.test("withRecycledBody() brings every byte to a jerky reader over HTTP/2", async () => {
  await using server = serveBody(CHUNKS["whole buffers"]);
  const session = connectHttp2(`http://127.0.0.1:${server.addr.port}`);
  try {
    let offset = 0;
    for await (const chunk of session.request({ ":path": "/" })) {
      offset = checkPattern(chunk, offset);
      await pauseNowAndThen();
    }
    assert.equal(offset, BODY_BYTES);
  } finally {
    await new Promise<void>((resolve) => session.close(resolve));
  }
});

Deno.test("withRecycledBody() sends everything that came before its source failed, then ends in order", async () => {
  let offset = 0;
  const failing = new ReadableStream({
    type: "bytes",
    autoAllocateChunkSize: 64 * KIB,
    pull(controller) {
      const view = controller.byobRequest?.view;
      if (!view || offset > 5 * MIB) return controller.error(new Error("the disk is gone"));
      const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
      for (let index = 0; index < bytes.length; index++) bytes[index] = byteAt(offset + index);
      offset += bytes.length;
      controller.byobRequest?.respond(bytes.length);
    },
  });
  const headers = { "content-length": String(BODY_BYTES) };
  const onError = () => new Response(null, { status: 500 });
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {}, onError },
    () => withRecycledBody(new Response(failing, { headers })),
  );
  const { body, end } = await rawHttp(server.addr.port, ["GET / HTTP/1.1", "Host: a", "Connection: close"]);
  assert.equal(checkPattern(body, 0), offset);
  assert.equal(end, "FIN");
});

Deno.test("withRecycledBody() hands its cancellation to the source", async () => {
  let cancelled: unknown;
  const source = new ReadableStream({ type: "bytes", cancel: (reason) => void (cancelled = reason) });
  const reason = new Error("the client went away");
  const headers = { "content-length": String(BODY_BYTES) };
  await withRecycledBody(new Response(source, { headers })).body?.cancel(reason);
  assert.equal(cancelled, reason);
});

Deno.test("withRecycledBody() keeps status and headers", () => {
  const source = new ReadableStream({ type: "bytes" });
  const headers = { "content-length": String(BODY_BYTES), "x-test": "a" };
  const { status, headers: kept } = withRecycledBody(new Response(source, { status: 206, headers }));
  assert.deepEqual([status, kept.get("content-length"), kept.get("x-test")], [206, String(BODY_BYTES), "a"]);
});

for (
  const [name, response] of [
    ["short", () => new Response(new ReadableStream({ type: "bytes" }), { headers: { "content-length": "5" } })],
    ["without a length", () => new Response(new ReadableStream({ type: "bytes" }))],
    ["without a body", () => new Response(null, { headers: { "content-length": String(BODY_BYTES) } })],
    ["not a byte stream", () => new Response(new ReadableStream(), { headers: { "content-length": `${BODY_BYTES}` } })],
  ] as const
) {
  Deno.test(`withRecycledBody() returns an answer that is ${name} as it is`, () => {
    const made = response();
    assert.equal(withRecycledBody(made), made);
  });
}

/** Reads an answer's head into a buffer, and returns the bytes of the body that came with it. */
async function readHead(conn: Deno.Conn, buffer: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  for (let filled = 0;;) {
    const count = await conn.read(buffer.subarray(filled));
    if (count === null) throw new Error("Cannot read the answer: it has no head");
    filled += count;
    const end = new TextDecoder("latin1").decode(buffer.subarray(0, filled)).indexOf("\r\n\r\n");
    if (end >= 0) return buffer.subarray(end + 4, filled);
  }
}
