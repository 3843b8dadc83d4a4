import assert from "@std/assert";
import type { PeerId } from "@libp2p/interface";
import { bytesKey } from "../../../src/routing/dht/bytes_key.ts";
import { closest } from "../../../src/routing/closest.ts";
import { contentId } from "../../../src/routing/dht/content_id.ts";
import { KAD_MESSAGE_TYPES, type KadMessage } from "../../../src/routing/dht/kad_message.ts";
import { KadServer } from "../../../src/routing/dht/kad_server.ts";
import { PeerBook } from "../../../src/routing/dht/peer_book.ts";
import { RecordStore } from "../../../src/routing/dht/record_store.ts";
import { addPeer, addrBytes, randomPeerId } from "./known_peer.ts";

const { addProvider, getProviders, findNode, ping } = KAD_MESSAGE_TYPES;
const CONTENT = contentId("some content");
const OTHER = contentId("other content");
const OWN_ADDR = addrBytes("/ip4/10.9.9.9/tcp/5001");

async function makeServer() {
  const self = await randomPeerId();
  const own = new Set<string>();
  const book = new PeerBook({ allowLoopback: false });
  const records = new RecordStore({ validityMs: 60_000 });
  const told: string[] = [];
  const server = new KadServer({
    self: { idBytes: self.toMultihash().bytes, addrs: () => [OWN_ADDR], provides: (key) => own.has(key) },
    book,
    records,
    onRecord: (_key, { id }) => told.push(id),
  });
  const ask = (message: Partial<KadMessage>, from: PeerId) =>
    server.answer({ type: ping, key: CONTENT.multihash, closer: [], providers: [], ...message }, from);
  const announce = (from: PeerId, addr = "/ip4/10.0.0.1/tcp/5001", named = from) =>
    ask({ type: addProvider, providers: [{ id: named.toMultihash().bytes, addrs: [addrBytes(addr)] }] }, from);
  return { server, self, own, book, records, told, ask, announce, [Symbol.dispose]: () => server[Symbol.dispose]() };
}

function ids(peers: KadMessage["closer"] = []): string[] {
  return peers.map(({ id }) => id.toHex());
}

function idOf(peer: PeerId): string {
  return peer.toMultihash().bytes.toHex();
}

Deno.test("KadServer names who announced a content, with the addresses that it told", async () => {
  using server = await makeServer();
  const [provider, asker] = [await randomPeerId(), await randomPeerId()];
  assert.equal(server.announce(provider), undefined, "an announcement has no answer");
  const answer = server.ask({ type: getProviders }, asker);
  assert.deepEqual(answer?.providers, [
    { id: provider.toMultihash().bytes, addrs: [addrBytes("/ip4/10.0.0.1/tcp/5001")] },
  ]);
  assert.deepEqual(answer?.key, CONTENT.multihash);
  assert.deepEqual(server.ask({ type: getProviders, key: OTHER.multihash }, asker)?.providers, []);
  assert.deepEqual(server.told, [provider.toString()]);
});

Deno.test("KadServer takes no announcement of one node for another", async () => {
  using server = await makeServer();
  const [liar, victim] = [await randomPeerId(), await randomPeerId()];
  server.announce(liar, undefined, victim);
  assert.equal(server.records.size, 0);
  assert.equal(server.book.get(victim.toMultihash().bytes), undefined);
  assert.deepEqual(server.told, []);
});

Deno.test("KadServer takes no announcement without an address that is of use", async () => {
  using server = await makeServer();
  const provider = await randomPeerId();
  server.announce(provider, "/ip4/127.0.0.1/tcp/5001");
  server.announce(provider, "/ip4/0.0.0.0/tcp/5001");
  server.ask({ type: addProvider, providers: [{ id: provider.toMultihash().bytes, addrs: [] }] }, provider);
  server.ask({ type: addProvider, key: new Uint8Array() }, provider);
  assert.equal(server.records.size, 0);
});

Deno.test("KadServer follows a provider that announces from a new address", async () => {
  using server = await makeServer();
  const provider = await randomPeerId();
  server.announce(provider, "/ip4/10.0.0.1/tcp/5001");
  server.announce(provider, "/ip4/10.0.0.2/tcp/5001");
  const [named] = server.ask({ type: getProviders }, await randomPeerId())?.providers ?? [];
  assert.deepEqual(named?.addrs, [addrBytes("/ip4/10.0.0.2/tcp/5001")]);
});

Deno.test("KadServer names itself for what this node provides, and nobody who is gone", async () => {
  using server = await makeServer();
  const provider = await randomPeerId();
  server.announce(provider);
  server.own.add(bytesKey(CONTENT.multihash));
  const asker = await randomPeerId();
  assert.deepEqual(ids(server.ask({ type: getProviders }, asker)?.providers), [idOf(server.self), idOf(provider)]);
  const peer = server.book.meet(provider);
  server.book.markGone(peer);
  assert.deepEqual(ids(server.ask({ type: getProviders }, asker)?.providers), [idOf(server.self)]);
});

Deno.test("KadServer names the twenty closest nodes, and not the one that asks", async () => {
  using server = await makeServer();
  const peers = await Promise.all(Array.from({ length: 40 }, (_, number) => addPeer(server.book, number)));
  const [first] = closest(CONTENT.kadId, peers, 1);
  if (!first) throw new Error("there are peers");
  const wanted = closest(CONTENT.kadId, peers.filter((peer) => peer !== first), 20);
  for (const type of [getProviders, findNode]) {
    const { closer } = server.ask({ type }, first.peerId) ?? {};
    assert.deepEqual(ids(closer), wanted.map(({ peerId }) => idOf(peerId)));
  }
});

Deno.test("KadServer answers with some of many providers only", async () => {
  using server = await makeServer();
  for (let index = 0; index < 40; index++) server.announce(await randomPeerId());
  assert.equal(server.ask({ type: getProviders }, await randomPeerId())?.providers?.length, 16);
});

Deno.test("KadServer puts the node that is asked for first, even if it is this one or the one that asks", async () => {
  using server = await makeServer();
  const peers = await Promise.all(Array.from({ length: 5 }, (_, number) => addPeer(server.book, number)));
  const [wanted] = peers;
  if (!wanted) throw new Error("there are peers");
  for (const from of [await randomPeerId(), wanted.peerId]) {
    const { closer } = server.ask({ type: findNode, key: wanted.idBytes }, from) ?? {};
    assert.equal(ids(closer)[0], idOf(wanted.peerId));
    assert.equal(new Set(ids(closer)).size, closer?.length);
  }
  const { closer } = server.ask({ type: findNode, key: server.self.toMultihash().bytes }, wanted.peerId) ?? {};
  assert.deepEqual(closer?.[0], { id: server.self.toMultihash().bytes, addrs: [OWN_ADDR] });
});

Deno.test("KadServer answers a ping with nothing but its key", async () => {
  using server = await makeServer();
  const providers = [{ id: Uint8Array.of(1), addrs: [OWN_ADDR] }];
  assert.deepEqual(server.ask({ type: ping, providers }, await randomPeerId()), { type: ping, key: CONTENT.multihash });
});

Deno.test("KadServer throws TypeError on a type that it does not know", async () => {
  using server = await makeServer();
  const from = await randomPeerId();
  for (const type of [0, 1, 6, -1]) assert.throws(() => server.ask({ type }, from), TypeError);
});
