import assert from "@std/assert";
import { connect } from "node:net";
import { type Handler, listen } from "../../src/http/listener.ts";
import { Metrics } from "../../src/metrics/metrics.ts";
import { streamBytes } from "../../src/store/memory_stream.ts";
import { gateUploads } from "../../src/transfer/upload_gate.ts";
import { Uploads, type UploadsOptions } from "../../src/transfer/uploads.ts";
import { patternBytes } from "../registry/stored_image.ts";
import { rawHttp } from "../support/raw_http.ts";
import { until } from "../support/until.ts";

const CONTENT = patternBytes(400_000);
const PEER = "X-Peer: 1";
const BLOB = ["GET /v2/a/blobs/sha256:1?ns=b/blobs/c HTTP/1.1", "Host: a", "Connection: close"];

/** A listener whose answers go through the gate. */
function gatedListener(options: UploadsOptions, handler: Handler = contentHandler) {
  const uploads = new Uploads({ metrics: new Metrics() }, options);
  const gated = gateUploads(handler, { uploads, isPeer: ({ headers }) => headers.has("x-peer") });
  const listener = listen({ hostname: "127.0.0.1", port: 0 }, gated);
  return { uploads, port: listener.port, [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose]() };
}

function contentHandler(): Response {
  return new Response(streamBytes(CONTENT), { headers: { "content-length": String(CONTENT.length) } });
}

/** A body that brings nothing until it is cancelled. */
function silentHandler(): Response {
  return new Response(new ReadableStream({ type: "bytes" }), { headers: { "content-length": "5" } });
}

Deno.test("a peer is given a blob, and its place is free afterwards", async () => {
  await using stage = gatedListener({ max: 1 });
  for (let count = 0; count < 3; count++) {
    const { status, body } = await rawHttp(stage.port, [...BLOB, PEER]);
    assert.equal(status, 200);
    assert.deepEqual(body, CONTENT);
    await until("the end of the upload", () => stage.uploads.count === 0);
  }
});

Deno.test("a full node says 503 with Retry-After to peers, while others are served", async () => {
  await using stage = gatedListener(
    { max: 1 },
    ({ headers }) => headers.has("x-silent") ? silentHandler() : contentHandler(),
  );
  const first = connect({ host: "127.0.0.1", port: stage.port });
  first.on("error", () => {});
  first.write(`${[...BLOB, PEER, "X-Silent: 1"].join("\r\n")}\r\n\r\n`);
  await until("the upload", () => stage.uploads.count === 1);
  const { status, headers, body } = await rawHttp(stage.port, [...BLOB, PEER]);
  assert.deepEqual([status, headers["retry-after"]], [503, "1"]);
  assert.equal(JSON.parse(new TextDecoder().decode(body)).errors[0].code, "TOOMANYREQUESTS");
  const asked = await rawHttp(stage.port, [...BLOB.with(0, "HEAD /v2/a/blobs/sha256:1?ns=b HTTP/1.1"), PEER]);
  assert.equal(asked.status, 503, "who asks for the head is about to ask for the body");
  const others = [
    BLOB,
    [...BLOB.with(0, "GET /v2/a/manifests/v1?ns=b HTTP/1.1"), PEER],
  ];
  for (const request of others) assert.equal((await rawHttp(stage.port, request)).status, 200, request[0]);
  first.destroy();
  await until("the end of the upload", () => stage.uploads.count === 0);
  assert.equal((await rawHttp(stage.port, [...BLOB, PEER])).status, 200);
});

Deno.test("a place is free again when the handler fails or refuses", async () => {
  let calls = 0;
  await using stage = gatedListener({ max: 1 }, () => {
    if (++calls === 1) throw new Error("broken");
    return Response.json({}, { status: 404 });
  });
  assert.equal((await rawHttp(stage.port, [...BLOB, PEER])).status, 500);
  await until("the end of the upload", () => stage.uploads.count === 0);
  assert.equal((await rawHttp(stage.port, [...BLOB, PEER])).status, 404);
});

Deno.test("peers together are given no more bytes per second than the limit, and clients are not limited", async () => {
  await using stage = gatedListener({ bytesPerSecond: 800_000 });
  const startMs = performance.now();
  const bodies = await Promise.all([1, 2].map(() => rawHttp(stage.port, [...BLOB, PEER])));
  const seconds = (performance.now() - startMs) / 1_000;
  for (const { body } of bodies) assert.deepEqual(body, CONTENT);
  assert(seconds > 0.9 * (2 * CONTENT.length - 0.05 * 800_000 - 65_536) / 800_000, `${seconds} s`);
  assert(stage.uploads.load() > 0.3, "who asks now hears that this node is busy");
  assert.deepEqual((await rawHttp(stage.port, BLOB)).body, CONTENT);
});
