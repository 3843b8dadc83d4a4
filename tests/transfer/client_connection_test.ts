import assert from "@std/assert";
import { connect } from "node:net";
import { MemoryNetwork } from "../../src/routing/memory_router.ts";
import { TestNode, type TestNodeOptions } from "../registry/test_node.ts";
import { rawHttp } from "../support/raw_http.ts";
import { until } from "../support/until.ts";
import { cut, drip, onGet, refuse, serve, silence, stall, wrongByte } from "./behaviours.ts";
import { type Behaviour, FaultyPeer } from "./faulty_peer.ts";
import { BLOB_DIGEST, CONTENT } from "./relay_fixture.ts";

const SIZE = CONTENT.length;
const BLOB = `/v2/a/blobs/${BLOB_DIGEST}?ns=reg.example`;
const GET = [`GET ${BLOB} HTTP/1.1`, "Host: a", "Connection: close"];
/** How long headers may take as a whole, with room for a busy machine. */
const HEADERS_MS = 5_000 + 3_000;

/** Starts a node that finds one peer for each behaviour. */
async function nodeOver(behaviours: Behaviour[], options: TestNodeOptions = {}) {
  await using parts = new AsyncDisposableStack();
  const network = new MemoryNetwork();
  const peers: FaultyPeer[] = [];
  for (const behaviour of behaviours) {
    const peer = parts.use(await FaultyPeer.start(CONTENT, behaviour));
    network.open({ hosts: [peer.host] }).announce([BLOB_DIGEST]);
    peers.push(peer);
  }
  const router = network.open({ hosts: ["127.0.0.1:1"] });
  const node = parts.use(new TestNode({ router, ...options }));
  const owned = parts.move();
  return { node, peers, port: node.listen(), [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

Deno.test("a client gets all of a blob whose peer is cut, without noticing", async () => {
  await using stage = await nodeOver([onGet(cut("RST", 300_000)), serve()]);
  const { status, headers, body, end } = await rawHttp(stage.port, GET);
  assert.deepEqual([status, headers["content-length"], end], [200, String(SIZE), "FIN"]);
  assert.deepEqual(body, CONTENT);
});

for (const how of ["FIN", "RST"] as const) {
  Deno.test(`a client whose last peer is cut by ${how} gets an incomplete body and a FIN, then 404`, async () => {
    await using stage = await nodeOver([onGet(cut(how, 300_000))]);
    const peer = stage.peers[0];
    peer?.behaviours.splice(0, 1, serve(), cut(how, 300_000), refuse(404)); // HEAD for the size, GET, GET for the rest
    const { status, headers, body, end } = await rawHttp(stage.port, GET);
    assert.deepEqual([status, headers["content-length"], end], [200, String(SIZE), "FIN"]);
    assert.deepEqual(body, CONTENT.slice(0, 300_000));
    peer?.behaviours.splice(0, 1, serve());
    const again = await rawHttp(stage.port, [...GET, "Range: bytes=300000-"]);
    assert.equal(again.status, 404, "containerd must go on upstream, at this byte");
    const other = await rawHttp(stage.port, GET.map((line) => line.replace(BLOB_DIGEST, `sha256:${"c".repeat(64)}`)));
    assert.equal(other.status, 404, "nobody has that one");
    assert.equal(peer?.requests.length, 3);
  });
}

Deno.test("a client whose only peer stalls gets an incomplete body and a FIN, then 404", async () => {
  await using stage = await nodeOver([onGet(stall(300_000))], { stallMs: 300 });
  const { body, end } = await rawHttp(stage.port, GET);
  assert.deepEqual(body, CONTENT.slice(0, 300_000));
  assert.equal(end, "FIN");
  assert.equal((await rawHttp(stage.port, [...GET, "Range: bytes=300000-"])).status, 404);
  await until("the end of the peer's connections", () => stage.peers[0]?.open === 0 || stage.peers[0]?.open === 1);
});

Deno.test("a client whose peers never answer hears 404 within the time for headers", async () => {
  await using stage = await nodeOver([silence(), silence()]);
  const startMs = performance.now();
  const { status } = await rawHttp(stage.port, GET);
  assert.equal(status, 404);
  assert(performance.now() - startMs < HEADERS_MS);
  await until("the end of the peers' connections", () => stage.peers.every(({ open }) => open === 0));
});

Deno.test("a client whose peers answer HEAD and no GET hears 404 within the time for headers", async () => {
  await using stage = await nodeOver([onGet(silence())]);
  const startMs = performance.now();
  assert.equal((await rawHttp(stage.port, GET)).status, 404);
  assert(performance.now() - startMs < HEADERS_MS);
});

for (const bye of ["destroy", "resetAndDestroy"] as const) {
  for (const [when, behaviour] of [["before the headers", silence()], ["in the body", onGet(drip())]] as const) {
    Deno.test(`a client that goes away ${when} by ${bye} ends the request to the peer`, async () => {
      await using stage = await nodeOver([behaviour]);
      const peer = stage.peers[0];
      const socket = connect({ host: "127.0.0.1", port: stage.port });
      socket.on("error", () => {});
      socket.write(`${GET.join("\r\n")}\r\n\r\n`);
      if (when === "in the body") await new Promise((resolve) => socket.once("data", resolve));
      else await until("the request", () => peer?.requests.length === 1);
      const closed = new Promise((resolve) => socket.once("close", resolve));
      socket[bye]();
      await closed;
      const busy = () => peer?.requests.filter(({ method, socket }) => method !== "HEAD" && !socket.destroyed).length;
      await until("the end of the peer's connection", () => busy() === 0, { timeoutMs: 3_000 });
      assert.equal(await stage.node.metric("peili_exhausted_bodies_total"), 0);
    });
  }
}

Deno.test("HEAD of a blob tells the size that a peer tells, without a body", async () => {
  await using stage = await nodeOver([serve()]);
  const { status, headers, body } = await rawHttp(stage.port, [`HEAD ${BLOB} HTTP/1.1`, ...GET.slice(1)]);
  assert.deepEqual([status, headers["content-length"], body.length], [200, String(SIZE), 0]);
  assert.equal(headers["docker-content-digest"], BLOB_DIGEST);
});

Deno.test("a client whose peer gives wrong bytes gets no end and a FIN, then 404, and the peer is asked no more", async () => {
  await using stage = await nodeOver([onGet(wrongByte(5))]);
  const { status, body, end } = await rawHttp(stage.port, GET);
  assert.deepEqual([status, body.length, end], [200, SIZE - 65_536, "FIN"]);
  const asked = stage.peers[0]?.requests.length;
  assert.equal((await rawHttp(stage.port, [...GET, `Range: bytes=${body.length}-`])).status, 404);
  assert.equal((await rawHttp(stage.port, GET)).status, 404, "the next pull, too, must not meet them");
  assert.equal(stage.peers[0]?.requests.length, asked);
});
