import assert from "@std/assert";
import { sleep } from "../../src/core/deadline.ts";
import { digestOf } from "../../src/oci/digest.ts";
import { FLIGHT_HEADER } from "../../src/transfer/peer_request.ts";
import { until } from "../support/until.ts";
import { CONTAINERD_AGENT, type FlightNode, flightNodes, WantedBlob } from "./flight_nodes.ts";
import { patternBytes } from "./stored_image.ts";

const bytes = patternBytes(300_000);
const digest = await digestOf(bytes);
/** A lead looks at its own download four times a second, and tells the coordinator then. */
const TOLD_MS = 800;
const PATH = `/v2/team/app/blobs/${digest}?ns=reg.example:5000`;
const want = (node: FlightNode | undefined, path = PATH) =>
  new WantedBlob(node!, { digest, total: bytes.length, path });

/** A flight of the first two nodes: one leads and has some bytes, the other follows. */
async function flyingPair({ nodes: [first, second] }: { nodes: readonly FlightNode[] }) {
  const lead = want(first);
  const answer = await lead.ask();
  await answer.body?.cancel();
  assert.equal(answer.status, 404);
  lead.ingest.append(bytes.subarray(0, 100_000));
  const follower = want(second);
  return { lead, follower, response: await follower.ask() };
}

Deno.test("the first node is sent upstream, the next one is given what that one downloads", async () => {
  await using flying = flightNodes(3);
  const { lead, follower, response } = await flyingPair(flying);
  assert.deepEqual([response.status, response.headers.get("content-length")], [200, String(bytes.length)]);
  const stored = follower.store(response);
  lead.ingest.append(bytes.subarray(100_000));
  await lead.ingest.commit();
  assert.deepEqual(await stored, { bytes: bytes.length, broken: false });
  await follower.ingest.commit();
  assert.equal(await flying.nodes[1]!.node.metric("peili_bytes_total", { source: "flight" }), bytes.length);
});

Deno.test("a third node reads from one that follows, and a late one from those that have it", async () => {
  await using flying = flightNodes(4);
  const { lead, follower, response } = await flyingPair(flying);
  const third = want(flying.nodes[2]);
  const stored = Promise.all([follower.store(response), third.store(await third.ask())]);
  lead.ingest.append(bytes.subarray(100_000));
  await lead.ingest.commit();
  await stored;
  await Promise.all([follower.ingest.commit(), third.ingest.commit()]);
  const late = await want(flying.nodes[3]).ask();
  assert.equal(late.status, 200);
  assert.deepEqual(await late.bytes(), bytes);
});

Deno.test("a node that was asked too early is asked again once it has finished", async () => {
  await using flying = flightNodes(2);
  const [first, second] = flying.nodes;
  const lead = want(first);
  await (await lead.ask()).body?.cancel();
  lead.ingest.append(bytes.subarray(0, 100_000));
  first!.router.announce([digest]); // so that the other one looks there before it flies, and is refused
  const early = await second!.node.fetch(PATH, { method: "HEAD", headers: { "user-agent": CONTAINERD_AGENT } });
  assert.equal(early.status, 404);
  lead.ingest.append(bytes.subarray(100_000));
  await lead.ingest.commit();
  await sleep(TOLD_MS);
  const response = await want(second).ask();
  assert.equal(response.status, 200);
  assert.deepEqual(await response.bytes(), bytes);
});

Deno.test("a body whose lead is lost breaks off, and its containerd is sent upstream at that byte", async () => {
  await using flying = flightNodes(2);
  const { lead, follower, response } = await flyingPair(flying);
  const stored = follower.store(response);
  await until("the first bytes", async () => (await flying.nodes[1]!.store.ingest(digest))!.offset > 0);
  lead.ingest.abort();
  const { bytes: reached, broken } = await stored;
  assert(broken && reached > 0 && reached <= 100_000, `${reached} bytes`);
  const again = await follower.ask(reached);
  await again.body?.cancel();
  assert.equal(again.status, 404);
});

Deno.test("wrong bytes never complete a body, and their source is not asked again", async () => {
  await using flying = flightNodes(2);
  const { lead, follower, response } = await flyingPair(flying);
  const stored = follower.store(response);
  lead.ingest.append(bytes.subarray(100_000).map((byte) => byte ^ 1));
  const { bytes: reached, broken } = await stored;
  assert(broken && reached < bytes.length, `${reached} bytes`);
  follower.ingest.abort();
  for (let tries = 0; tries < 2; tries++) {
    const again = await want(flying.nodes[1]).ask();
    await again.body?.cancel();
    assert.equal(again.status, 404);
  }
});

Deno.test("a node that wants it from another repository flies on its own", async () => {
  await using flying = flightNodes(2);
  const lead = want(flying.nodes[0]);
  await (await lead.ask()).body?.cancel();
  lead.ingest.append(bytes.subarray(0, 100_000));
  const other = await want(flying.nodes[1], PATH.replace("team/app", "evil/app")).ask();
  await other.body?.cancel();
  assert.equal(other.status, 404);
});

Deno.test("where repositories do not matter, nodes fly together whatever they want it from", async () => {
  await using flying = flightNodes(2, { matchRepository: false });
  const lead = want(flying.nodes[0]);
  await (await lead.ask()).body?.cancel();
  lead.ingest.append(bytes.subarray(0, 100_000));
  const follower = want(flying.nodes[1], PATH.replace("team/app", "other/app"));
  const response = await follower.ask();
  assert.equal(response.status, 200);
  const stored = follower.store(response);
  await until("bytes of what is still on its way", async () => {
    return (await flying.nodes[1]!.store.ingest(digest))!.offset > 0;
  });
  lead.ingest.append(bytes.subarray(100_000));
  await lead.ingest.commit();
  assert.deepEqual(await stored, { bytes: bytes.length, broken: false });
});

for (
  const [name, init] of [
    ["HEAD", { method: "HEAD", headers: { "user-agent": CONTAINERD_AGENT } }],
    ["a closed range", { headers: { "user-agent": CONTAINERD_AGENT, range: "bytes=0-9" } }],
    ["a client that is no containerd", { headers: { "user-agent": "curl/8.0" } }],
  ] as const
) {
  Deno.test(`${name} takes part in no flight`, async () => {
    await using flying = flightNodes(2);
    const response = await flying.nodes[0]!.node.fetch(PATH, init);
    await response.body?.cancel();
    assert.equal(response.status, 404);
    assert.equal(flying.nodes.reduce((sum, { flights }) => sum + flights.coordinated, 0), 0);
  });
}

Deno.test("only a member of a flight is given what is on its way, under the repository that it comes from", async () => {
  await using flying = flightNodes(2);
  const lead = want(flying.nodes[0]);
  await (await lead.ask()).body?.cancel();
  lead.ingest.append(bytes.subarray(0, 100_000));
  const [host] = flying.nodes[0]!.router.self().hosts;
  const ask = async (path: string, headers: Record<string, string>) => {
    const response = await fetch(`http://${host}${path}`, { headers });
    await response.body?.cancel();
    return response.status;
  };
  assert.equal(await ask(PATH, {}), 404);
  assert.equal(await ask(PATH.replace("team/app", "evil/app"), { [FLIGHT_HEADER]: "1" }), 404);
  assert.equal(await ask(PATH, { [FLIGHT_HEADER]: "1", range: "bytes=5-9" }), 404);
  assert.equal(await ask(PATH, { [FLIGHT_HEADER]: "1", range: "bytes=5-" }), 206);
  assert.equal(await ask(PATH, { [FLIGHT_HEADER]: "1" }), 200);
  assert.equal(await ask(PATH, { [FLIGHT_HEADER]: "1", range: `bytes=${bytes.length}-` }), 416);
});
