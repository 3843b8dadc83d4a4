import assert from "@std/assert";
import { KIB, MIB } from "../../src/core/units.ts";
import { digestOf } from "../../src/oci/digest.ts";
import { WrongBytesError } from "../../src/transfer/body_check.ts";
import { patternBytes } from "../registry/stored_image.ts";
import { until } from "../support/until.ts";
import { cut, serve, throttled } from "./behaviours.ts";
import { type Behaviour, FaultyPeer } from "./faulty_peer.ts";
import { readToFailure } from "./read_to_failure.ts";
import { BLOB, RelayFixture } from "./relay_fixture.ts";

const LARGE = patternBytes(24 * MIB);
const WRONG = new Uint8Array(LARGE.length);
const DIGEST = await digestOf(LARGE);
const PATH = { ...BLOB, digest: DIGEST };
const SPAN = { start: 0, end: LARGE.length - 1, size: LARGE.length };
/** Some 6 MB/s. */
const SLOW = throttled(64 * KIB);

async function relayFrom(rows: Behaviour[][]) {
  await using parts = new AsyncDisposableStack();
  const peers: FaultyPeer[] = [];
  for (const row of rows) peers.push(parts.use(await FaultyPeer.start(LARGE, ...row)));
  const relay = parts.use(new RelayFixture({ providers: peers.map(({ host }) => [host]), keys: [DIGEST] }));
  const owned = parts.move();
  return { relay, peers, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

Deno.test("a large blob whose peer is slow is read from several peers, and checked", async () => {
  await using stage = await relayFrom([[SLOW], [SLOW], [SLOW]]);
  const { relay, peers } = stage;
  const { bytes, reason } = await readToFailure(await relay.blobs.open(PATH, SPAN));
  assert.equal(reason, undefined);
  assert.equal(await digestOf(bytes), DIGEST);
  assert.equal(await relay.metric("peili_combined_bodies_total"), 1);
  assert(peers.filter(({ requests }) => requests.length > 0).length >= 2);
  assert.equal(await relay.metric("peili_peer_requests_total", { result: "failed" }), 0);
});

Deno.test("a large blob goes on when a peer that helps is cut", async () => {
  await using stage = await relayFrom([[SLOW], [cut("RST", 100_000), serve()], [SLOW]]);
  const { bytes } = await readToFailure(await stage.relay.blobs.open(PATH, SPAN));
  assert.equal(await digestOf(bytes), DIGEST);
  assert.equal(await stage.relay.metric("peili_combined_bodies_total"), 1);
});

Deno.test("a large blob goes on when all that it is read from at once are cut, twice each", async () => {
  const twice = [cut("FIN", 1_000), cut("RST", 1_000), serve()];
  await using stage = await relayFrom([[SLOW, ...twice], twice]);
  const { bytes } = await readToFailure(await stage.relay.blobs.open(PATH, SPAN));
  assert.equal(await digestOf(bytes), DIGEST);
  assert.equal(await stage.relay.metric("peili_combined_bodies_total"), 1);
  assert.equal(await stage.relay.metric("peili_exhausted_bodies_total"), 0);
});

Deno.test("wrong bytes of a peer that helps are found, and everybody who gave some is suspect", async () => {
  const wrong: Behaviour = (exchange) => SLOW({ ...exchange, content: WRONG });
  await using stage = await relayFrom([[SLOW], [wrong]]);
  const { bytes, reason } = await readToFailure(await stage.relay.blobs.open(PATH, SPAN));
  assert(reason instanceof WrongBytesError);
  assert.equal(bytes.length, LARGE.length - 64 * KIB);
  assert(stage.relay.exhausted.has(DIGEST));
});

Deno.test("a client that goes away ends the requests to all peers", async () => {
  await using stage = await relayFrom([[SLOW], [SLOW], [SLOW]]);
  const reader = (await stage.relay.blobs.open(PATH, SPAN)).getReader();
  while (await stage.relay.metric("peili_combined_bodies_total") === 0) await reader.read();
  await reader.read();
  await reader.cancel();
  const active = () =>
    stage.peers.flatMap(({ requests }) => requests.slice(-1)).filter(({ socket }) => !socket.destroyed);
  await until("the end of the connections", () => active().length === 0, { timeoutMs: 5_000 });
});

Deno.test("a large blob whose only peer is slow is read from that one to the end", async () => {
  await using stage = await relayFrom([[throttled(512 * KIB)]]);
  const { bytes } = await readToFailure(await stage.relay.blobs.open(PATH, SPAN));
  assert.equal(await digestOf(bytes), DIGEST);
  assert.equal(stage.peers[0]?.requests.length, 1);
  assert.equal(await stage.relay.metric("peili_combined_bodies_total"), 0);
});
