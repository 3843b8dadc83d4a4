import assert from "@std/assert";
import { type RawAnswer, rawHttp } from "../support/raw_http.ts";
import { storedImage } from "./stored_image.ts";
import { TestNode } from "./test_node.ts";

const image = await storedImage();
const LAYER = `/v2/team/app/blobs/${image.layer.digest}?ns=reg.example:5000`;
const MISSING = `/v2/team/app/blobs/sha256:${"0".repeat(64)}?ns=reg.example:5000`;
const CLOSE = "Connection: close";

/** Requests that no client library sends, and the status that they get. */
const CASES: [name: string, head: string[], status: number][] = [
  ["a GET", [`GET ${LAYER} HTTP/1.1`, "Host: a", CLOSE], 200],
  ["HTTP/1.0", [`GET ${LAYER} HTTP/1.0`], 200],
  ["the absolute form", [`GET http://reg.example:5000${LAYER} HTTP/1.1`, "Host: a", CLOSE], 200],
  ["an absolute form of another scheme", [`GET ftp://a${LAYER} HTTP/1.1`, "Host: a", CLOSE], 200],
  ["no Host in HTTP/1.1", [`GET ${LAYER} HTTP/1.1`, CLOSE], 200],
  ["a Host with a space", [`GET ${LAYER} HTTP/1.1`, "Host: a b", CLOSE], 400],
  ["a Host with a path", [`GET ${LAYER} HTTP/1.1`, "Host: a/b?c#d", CLOSE], 404],
  ["a Host with a port that is none", [`GET ${LAYER} HTTP/1.1`, "Host: a:b", CLOSE], 400],
  ["a Host that is empty", [`GET ${LAYER} HTTP/1.1`, "Host: ", CLOSE], 200],
  ["two Hosts", [`GET ${LAYER} HTTP/1.1`, "Host: a", "Host: b", CLOSE], 400],
  ["a target without a slash", [`GET v2/ HTTP/1.1`, "Host: a", CLOSE], 400],
  ["a target of one star", [`OPTIONS * HTTP/1.1`, "Host: a", CLOSE], 405],
  ["TRACE", [`TRACE ${LAYER} HTTP/1.1`, "Host: a", CLOSE], 405],
  ["CONNECT", [`CONNECT reg.example:443 HTTP/1.1`, "Host: reg.example:443", CLOSE], 405],
  ["a made-up method", [`FROBNICATE ${LAYER} HTTP/1.1`, "Host: a", CLOSE], 405],
  ["a method in lower case", [`get ${LAYER} HTTP/1.1`, "Host: a", CLOSE], 405],
  [
    "a path with dots",
    [`GET /v2/team/other/../app/blobs/${image.layer.digest}?ns=reg.example:5000 HTTP/1.1`, CLOSE],
    200,
  ],
  ["a path with dots above the root", [`GET /../../../../etc/passwd HTTP/1.1`, "Host: a", CLOSE], 404],
  ["a path with encoded dots", [`GET /v2/%2e%2e/%2e%2e/etc/passwd HTTP/1.1`, "Host: a", CLOSE], 404],
  ["a path with two slashes", [`GET /${LAYER} HTTP/1.1`, "Host: a", CLOSE], 404],
  ["a path with a NUL", [`GET /v2/a%00b/manifests/v1?ns=reg.example HTTP/1.1`, "Host: a", CLOSE], 400],
  ["a URL of 70,000 characters", [`GET /v2/${"a/".repeat(35_000)} HTTP/1.1`, "Host: a", CLOSE], 400],
  ["300 headers", [`GET /v2/ HTTP/1.1`, "Host: a", CLOSE, ...Array.from({ length: 300 }, (_, n) => `X-${n}: 1`)], 400],
  ["a header of a megabyte", [`GET /v2/ HTTP/1.1`, "Host: a", CLOSE, `X: ${"1".repeat(1_000_000)}`], 400],
  ["two Range headers", [`GET ${LAYER} HTTP/1.1`, "Host: a", CLOSE, "Range: bytes=1-2", "Range: bytes=5-6"], 200],
  ["no HTTP at all", ["\x16\x03\x01\x00\xa5"], 400],
];

for (const [name, head, status] of CASES) {
  Deno.test(`a listener answers ${name} with ${status}`, async () => {
    await using node = new TestNode({ store: image.store });
    const answer = await rawHttp(node.listen(), head);
    assert.equal(answer.status, status);
    if (status === 200) assert.deepEqual(answer.body, image.layer.bytes);
  });
}

const HEADS: [name: string, path: string, status: number, length: number][] = [
  ["a layer", LAYER, 200, image.layer.bytes.length],
  ["an empty layer", LAYER.replace(image.layer.digest, image.empty.digest), 200, 0],
  ["the index", "/v2/team/app/manifests/v1?ns=reg.example:5000", 200, image.index.bytes.length],
];

for (const [name, path, status, length] of HEADS) {
  Deno.test(`a listener answers HEAD of ${name} with its length and without a body`, async () => {
    await using node = new TestNode({ store: image.store });
    const answer = await rawHttp(node.listen(), [`HEAD ${path} HTTP/1.1`, "Host: a", CLOSE]);
    assert.equal(answer.status, status);
    assert.equal(answer.headers["content-length"], String(length));
    assert.equal(answer.headers["transfer-encoding"], undefined);
    assert.equal(answer.headers["content-encoding"], undefined);
    assert.equal(answer.body.length, 0);
  });
}

Deno.test("a listener answers HEAD of missing content without a body", async () => {
  await using node = new TestNode({ store: image.store });
  const answer = await rawHttp(node.listen(), [`HEAD ${MISSING} HTTP/1.1`, "Host: a", CLOSE]);
  assert.deepEqual([answer.status, answer.body.length], [404, 0]);
});

Deno.test("a listener never compresses what it serves", async () => {
  await using node = new TestNode({ store: image.store });
  const port = node.listen();
  for (const path of [LAYER, "/v2/team/app/manifests/v1?ns=reg.example:5000"]) {
    const head = [`GET ${path} HTTP/1.1`, "Host: a", "Accept-Encoding: gzip, zstd, br", CLOSE];
    const { headers, body } = await rawHttp(port, head);
    assert.equal(headers["content-encoding"], undefined);
    assert.equal(headers["content-length"], String(body.length));
  }
});

Deno.test("a listener answers one request after another on a connection, whatever the one before got", async () => {
  await using node = new TestNode({ store: image.store });
  const port = node.listen();
  const requests = [
    [`GET ${MISSING} HTTP/1.1`, "Host: a"],
    [`HEAD ${MISSING} HTTP/1.1`, "Host: a"],
    [`HEAD ${LAYER} HTTP/1.1`, "Host: a"],
    [`GET ${LAYER} HTTP/1.1`, "Host: a", "Range: bytes=9-5"],
    [`POST ${LAYER} HTTP/1.1`, "Host: a", "Content-Length: 0"],
    [`GET ${LAYER} HTTP/1.1`, "Host: a", CLOSE],
  ];
  const { status, body } = await rawHttp(
    port,
    requests.map((head) => head.join("\r\n")).join("\r\n\r\n").split("\r\n"),
  );
  assert.equal(status, 404);
  const tail: RawAnswer["body"] = body.slice(-image.layer.bytes.length);
  assert.deepEqual(tail, image.layer.bytes);
  const text = new TextDecoder("latin1").decode(body.slice(0, -image.layer.bytes.length));
  assert.deepEqual([...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => match[1]), [
    "404",
    "200",
    "416",
    "405",
    "200",
  ]);
});
