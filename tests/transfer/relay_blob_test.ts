import assert from "@std/assert";
import { WrongBytesError } from "../../src/transfer/body_check.ts";
import { CandidatesExhaustedError } from "../../src/transfer/hedge.ts";
import { until } from "../support/until.ts";
import {
  busy,
  cut,
  drip,
  endless,
  gzip,
  hangUp,
  ignoreRange,
  late,
  nonsense,
  refuse,
  serve,
  silence,
  stall,
  wrongByte,
} from "./behaviours.ts";
import { type Behaviour, FaultyPeer } from "./faulty_peer.ts";
import { readToFailure } from "./read_to_failure.ts";
import { BLOB_DIGEST, CONTENT, RelayFixture } from "./relay_fixture.ts";

const SIZE = CONTENT.length;
const DEAD = "127.0.0.1:1";

/** Starts one peer for each row of behaviours, and a relay that finds them in this order. */
async function relayFrom(rows: Behaviour[][], options: { stallMs?: number; hedgeMinMs?: number } = {}) {
  await using parts = new AsyncDisposableStack();
  const peers: FaultyPeer[] = [];
  for (const row of rows) peers.push(parts.use(await FaultyPeer.start(CONTENT, ...row)));
  const relay = parts.use(new RelayFixture({ providers: peers.map(({ host }) => [host]), ...options }));
  const owned = parts.move();
  return { relay, peers, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

Deno.test("a blob is relayed from a peer as it is, in one request", async () => {
  await using stage = await relayFrom([[serve()]]);
  const { relay, peers: [peer] } = stage;
  assert.deepEqual(await new Response(await relay.open({ size: SIZE })).bytes(), CONTENT);
  assert.equal(peer?.requests.length, 1);
  const { method, target, headers } = peer?.requests[0] ?? {};
  assert.equal(method, "GET");
  const { pathname, search } = new URL(target ?? "", "http://127.0.0.1");
  assert.equal(`${pathname}${search}`, `/v2/a/blobs/${BLOB_DIGEST}?ns=reg.example`);
  assert.equal(headers?.["x-spegel-mirrored"], "true");
  assert.equal(headers?.["accept-encoding"], "identity");
  assert.equal(headers?.range, undefined);
  assert.equal(await relay.metric("peili_bytes_total", { source: "peer" }), SIZE);
  assert.equal(await relay.metric("peili_resumed_bodies_total"), 0);
});

Deno.test("part of a blob is asked for as a range", async () => {
  await using stage = await relayFrom([[serve()]]);
  const { relay, peers: [peer] } = stage;
  const bytes = await new Response(await relay.open({ start: 1_000, end: 700_000, size: SIZE })).bytes();
  assert.deepEqual(bytes, CONTENT.slice(1_000, 700_001));
  assert.equal(peer?.requests[0]?.headers.range, "bytes=1000-700000");
});

Deno.test("connections to a peer are used again after a whole blob was read", async () => {
  await using stage = await relayFrom([[serve()]]);
  const { relay, peers: [peer] } = stage;
  for (let count = 0; count < 10; count++) {
    assert.equal((await new Response(await relay.open({ size: SIZE })).bytes()).length, SIZE);
  }
  assert(peer && peer.connections < 5, `${peer?.connections} connections for 10 blobs`);
});

/** Answers to a request for all of the blob that must not be used. */
const UNUSABLE: [name: string, behaviour: Behaviour][] = [
  ["says 404", refuse(404)],
  ["says 500", refuse(500)],
  ["says 301", refuse(301)],
  ["says 204", refuse(204)],
  ["hangs up in order", hangUp("FIN")],
  ["hangs up by a reset", hangUp("RST")],
  ["speaks no HTTP", nonsense()],
  ["says another length", serve({ "content-length": SIZE - 1 })],
  ["says a length that is none", serve({ "content-length": "9".repeat(30) })],
  ["says no length", serve({ "content-length": "", "connection": "close" })],
  ["compresses", gzip()],
  ["sends without end", endless()],
  ["never answers", silence()],
];

for (const [name, behaviour] of UNUSABLE) {
  Deno.test(`a blob is relayed from the next peer when one ${name}`, async () => {
    await using stage = await relayFrom([[behaviour], [serve()]]);
    const { relay, peers } = stage;
    assert.deepEqual(await new Response(await relay.open({ size: SIZE })).bytes(), CONTENT);
    assert.deepEqual(peers.map(({ requests }) => requests.length), [1, 1]);
    if (name.startsWith("never") || name.includes("without end")) {
      await until("the end of what is not used", () => peers[0]?.open === 0);
    }
  });
}

/** Answers to a request for part of the blob that must not be used. */
const UNUSABLE_PARTS: [name: string, behaviour: Behaviour][] = [
  ["ignores the range", ignoreRange()],
  ["sends another range", serve({ "content-range": `bytes 1001-700000/${SIZE}` })],
  ["sends less than was asked for", serve({ "content-range": `bytes 1000-699999/${SIZE}`, "content-length": 699_000 })],
  ["has another size", serve({ "content-range": `bytes 1000-700000/${SIZE + 1}` })],
  ["does not know the size", serve({ "content-range": "bytes 1000-700000/*" })],
  ["says no range", serve({ "content-range": "" })],
  ["says another length than its range", serve({ "content-length": 5 })],
  ["compresses", gzip()],
];

for (const [name, behaviour] of UNUSABLE_PARTS) {
  Deno.test(`part of a blob is relayed from the next peer when one ${name}`, async () => {
    await using stage = await relayFrom([[behaviour], [serve()]]);
    const bytes = await new Response(await stage.relay.open({ start: 1_000, end: 700_000, size: SIZE })).bytes();
    assert.deepEqual(bytes, CONTENT.slice(1_000, 700_001));
    assert.deepEqual(stage.peers.map(({ requests }) => requests.length), [1, 1]);
  });
}

Deno.test("a blob is relayed from another address of a peer when one is dead", async () => {
  await using peer = await FaultyPeer.start(CONTENT, serve());
  using relay = new RelayFixture({ providers: [[DEAD, peer.host]] });
  assert.deepEqual(await new Response(await relay.open({ size: SIZE })).bytes(), CONTENT);
});

Deno.test("a blob is relayed from the peer that answers first when one is late, which then hears no more of it", async () => {
  await using stage = await relayFrom([[late(3_000)], [serve()]], { hedgeMinMs: 5 });
  const { relay, peers: [slow, fast] } = stage;
  assert.deepEqual(await new Response(await relay.open({ size: SIZE })).bytes(), CONTENT);
  assert.deepEqual([slow?.requests.length, fast?.requests.length], [1, 1]);
  await until("the end of the slow peer's connection", () => slow?.open === 0);
});

Deno.test("a blob that no peer gives fails before the headers, with every reason", async () => {
  await using stage = await relayFrom([[refuse(404)], [refuse(500)], [hangUp("RST")]]);
  const { relay } = stage;
  await assert.rejects(relay.open({ size: SIZE }), (reason: unknown) => {
    if (!(reason instanceof CandidatesExhaustedError)) throw reason;
    assert.equal(reason.failures.length, 3);
    return true;
  });
  assert.equal(relay.exhausted.has(BLOB_DIGEST), false, "nothing was begun that could be resumed");
  assert.equal(await relay.metric("peili_peer_requests_total", { result: "missing" }), 1);
  assert.equal(await relay.metric("peili_peer_requests_total", { result: "failed" }), 2);
});

Deno.test("a blob that nobody has fails before the headers", async () => {
  await using stage = await relayFrom([]);
  const { relay } = stage;
  await assert.rejects(relay.open({ size: SIZE }), CandidatesExhaustedError);
  assert.equal(await relay.metric("peili_lookups_total", { result: "miss" }), 1);
});

for (const how of ["FIN", "RST"] as const) {
  for (const afterBytes of [0, 1, 65_536, 400_000, SIZE - 1]) {
    Deno.test(`a body goes on at the same byte when its peer is cut by ${how} at ${afterBytes}`, async () => {
      await using stage = await relayFrom([[cut(how, afterBytes), refuse(404)], [serve()]]);
      const { relay, peers: [first, second] } = stage;
      const body = await relay.open({ size: SIZE });
      assert.deepEqual(await new Response(body).bytes(), CONTENT);
      assert.equal(first?.requests.length, 2, "a connection can break that another one survives");
      assert.deepEqual(second?.requests.map(({ headers }) => headers.range), [
        afterBytes === 0 ? undefined : `bytes=${afterBytes}-`,
      ]);
      assert.equal(await relay.metric("peili_resumed_bodies_total"), 1);
      assert.equal(await relay.metric("peili_bytes_total", { source: "peer" }), SIZE);
    });
  }

  Deno.test(`part of a blob goes on at the same byte when its peer is cut by ${how}`, async () => {
    await using stage = await relayFrom([[cut(how, 10_000), refuse(404)], [serve()]]);
    const { relay, peers: [, second] } = stage;
    const bytes = await new Response(await relay.open({ start: 5, end: 800_000, size: SIZE })).bytes();
    assert.deepEqual(bytes, CONTENT.slice(5, 800_001));
    assert.deepEqual(second?.requests.map(({ headers }) => headers.range), ["bytes=10005-800000"]);
  });
}

Deno.test("a body goes on when every peer is cut time and again, as long as bytes come", async () => {
  const rows = [1, 2, 3].map(() => [cut("FIN", 200_000), cut("RST", 200_000)]);
  await using stage = await relayFrom(rows);
  const { relay } = stage;
  assert.deepEqual(await new Response(await relay.open({ size: SIZE })).bytes(), CONTENT);
});

Deno.test("a body whose peers give unusable answers to the rest goes on from one that does not", async () => {
  const rows = [[cut("FIN", 5_000), refuse(500)], [ignoreRange()], [serve()]];
  await using stage = await relayFrom(rows);
  const { relay } = stage;
  assert.deepEqual(await new Response(await relay.open({ size: SIZE })).bytes(), CONTENT);
});

Deno.test("a body whose peer stalls goes on from another peer, which is the only one asked again", async () => {
  await using stage = await relayFrom([[stall(300_000)], [serve()]], { stallMs: 300 });
  const { relay, peers: [first, second] } = stage;
  assert.deepEqual(await new Response(await relay.open({ size: SIZE })).bytes(), CONTENT);
  assert.equal(first?.requests.length, 1, "a peer that stalled is not asked for the rest");
  assert.deepEqual(second?.requests.map(({ headers }) => headers.range), ["bytes=300000-"]);
  await until("the end of the stalled connection", () => first?.open === 0);
});

Deno.test("a body whose reader rests for longer than a stall is not taken for stalled", async () => {
  await using stage = await relayFrom([[serve()]], { stallMs: 100 });
  const { relay, peers: [peer] } = stage;
  const reader = (await relay.open({ size: SIZE })).getReader();
  let received = 0;
  for (let count = 0;; count++) {
    const { done, value } = await reader.read();
    if (done) break;
    received += value.length;
    if (count < 2) await new Promise((resolve) => setTimeout(resolve, 300));
  }
  assert.equal(received, SIZE);
  assert.equal(peer?.requests.length, 1);
});

Deno.test("a body fails after all that came when no peer is left, and the blob counts as exhausted", async () => {
  await using stage = await relayFrom([[cut("FIN", 400_000), refuse(404)], [refuse(404)]]);
  const { relay } = stage;
  const { bytes } = await readToFailure(await relay.open({ size: SIZE }));
  assert.deepEqual(bytes, CONTENT.slice(0, 400_000));
  assert.equal(relay.exhausted.has(BLOB_DIGEST), true);
  assert.equal(await relay.metric("peili_exhausted_bodies_total"), 1);
});

Deno.test("a body ends at last when its peers are cut for ever without a byte", async () => {
  await using stage = await relayFrom([[cut("FIN", 1_000), cut("FIN", 0)], [cut("RST", 0)]]);
  const { relay, peers } = stage;
  const { bytes } = await readToFailure(await relay.open({ size: SIZE }));
  assert.deepEqual(bytes, CONTENT.slice(0, 1_000));
  assert(peers.every(({ requests }) => requests.length <= 3), "a peer is not asked without end");
});

Deno.test("a reader that goes away in the middle of a body closes the connection to the peer", async () => {
  await using stage = await relayFrom([[drip()]]);
  const { relay, peers: [peer] } = stage;
  const reader = (await relay.open({ size: SIZE })).getReader();
  assert.equal((await reader.read()).done, false);
  await reader.cancel();
  await until("the end of the peer's connection", () => peer?.open === 0);
  assert.equal(relay.exhausted.has(BLOB_DIGEST), false, "that is no fault of the peers");
  assert.equal(peer?.requests.length, 1);
});

Deno.test("a client's abort in the middle of a body closes the connection to the peer, and nobody else is asked", async () => {
  await using stage = await relayFrom([[drip()], [serve()]]);
  const { relay, peers: [peer, other] } = stage;
  const client = new AbortController();
  const body = await relay.open({ size: SIZE }, client.signal);
  const failure = readToFailure(body);
  client.abort(new Error("the client went away"));
  await failure;
  await until("the end of the peer's connection", () => peer?.open === 0);
  assert.equal(other?.requests.length, 0);
  assert.equal(relay.exhausted.has(BLOB_DIGEST), false);
  assert.equal(await relay.metric("peili_exhausted_bodies_total"), 0);
});

Deno.test("a client's abort before the headers closes the connections to the peers", async () => {
  await using stage = await relayFrom([[silence()], [silence()]], { hedgeMinMs: 5 });
  const { relay, peers } = stage;
  const client = new AbortController();
  const opening = relay.open({ size: SIZE }, client.signal);
  await until("both requests", () => peers.every(({ requests }) => requests.length === 1));
  client.abort(new Error("the client went away"));
  await assert.rejects(opening, /went away/);
  await until("the end of the peers' connections", () => peers.every(({ open }) => open === 0));
});

Deno.test("a client that is gone already reaches no peer", async () => {
  await using stage = await relayFrom([[serve()]]);
  const { relay, peers: [peer] } = stage;
  await assert.rejects(relay.open({ size: SIZE }, AbortSignal.abort()), { name: "AbortError" });
  assert.equal(peer?.connections, 0);
});

Deno.test("a body with wrong bytes ends before its last 64 KiB, and whoever gave them is not asked for it again", async () => {
  await using stage = await relayFrom([[wrongByte(400_000)], [serve()]]);
  const { relay, peers: [liar, honest] } = stage;
  const { bytes, reason } = await readToFailure(await relay.open({ size: SIZE }));
  assert(reason instanceof WrongBytesError);
  assert.deepEqual(bytes.slice(0, 400_000), CONTENT.slice(0, 400_000));
  assert.equal(bytes.length, SIZE - 65_536);
  assert.equal(relay.exhausted.has(BLOB_DIGEST), true);
  assert.equal(await relay.metric("peili_wrong_bodies_total"), 1);
  assert.deepEqual(await new Response(await relay.open({ size: SIZE })).bytes(), CONTENT);
  assert.deepEqual([liar?.requests.length, honest?.requests.length], [1, 1]);
});

Deno.test("part of a blob with wrong bytes is passed on, as nothing tells", async () => {
  await using stage = await relayFrom([[wrongByte(400_000)]]);
  const bytes = await new Response(await stage.relay.open({ start: 5, end: 800_000, size: SIZE })).bytes();
  assert.equal(bytes.length, 799_996);
  assert.equal(await stage.relay.metric("peili_unverified_bodies_total"), 0, "no download goes on behind it");
});

Deno.test("a blob is relayed from the next peer when one is full, which then is left alone and has not failed", async () => {
  await using stage = await relayFrom([[busy(1)], [serve()]]);
  const { relay, peers: [full, free] } = stage;
  for (let count = 0; count < 3; count++) {
    assert.deepEqual(await new Response(await relay.open({ size: SIZE })).bytes(), CONTENT);
  }
  assert.deepEqual([full?.requests.length, free?.requests.length], [1, 3]);
  assert.equal(await relay.metric("peili_peer_requests_total", { result: "busy" }), 1);
  assert.equal(await relay.metric("peili_peer_requests_total", { result: "failed" }), 0);
});
