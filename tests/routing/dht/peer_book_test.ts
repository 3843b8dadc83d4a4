import assert from "@std/assert";
import { GONE_TTL_MS, PEER_ADDRESS_TTL_MS } from "../../../src/routing/dht/constants.ts";
import { PeerBook, usableAddresses } from "../../../src/routing/dht/peer_book.ts";
import { addPeer, addrBytes, randomPeerId } from "./known_peer.ts";

function makeBook(options: { maxPeers?: number } = {}) {
  const clock = { nowMs: 1_000_000_000 };
  const book = new PeerBook({ allowLoopback: false, ...options, now: () => clock.nowMs });
  return { book, clock };
}

Deno.test("PeerBook.meet() knows a peer again", async () => {
  const { book } = makeBook();
  const peerId = await randomPeerId();
  const peer = book.meet(peerId);
  assert.equal(book.meet(peerId), peer);
  assert.equal(book.get(peerId.toMultihash().bytes), peer);
  assert.equal(book.get(peer.key), peer);
});

Deno.test("PeerBook.tell() keeps the addresses that are of use, and the old ones if none is", async () => {
  const { book } = makeBook();
  const peer = book.meet(await randomPeerId());
  book.tell(peer, ["/ip4/127.0.0.1/tcp/1", "/ip4/10.0.0.1/tcp/1", "/ip4/10.0.0.1/udp/1/quic-v1"].map(addrBytes));
  assert.deepEqual(peer.addresses, [{ ip: "10.0.0.1", port: 1 }]);
  book.tell(peer, [addrBytes("/ip4/127.0.0.1/tcp/1"), Uint8Array.of(255, 255)]);
  assert.deepEqual(peer.addresses, [{ ip: "10.0.0.1", port: 1 }]);
});

Deno.test("PeerBook.alive() yields nodes of the DHT until they are gone, and again when they connect", async () => {
  const { book } = makeBook();
  const peer = await addPeer(book, 1);
  book.meet(await randomPeerId()); // has told nothing yet
  assert.deepEqual([...book.alive()], [peer]);
  book.markGone(peer);
  assert.deepEqual([...book.alive()], []);
  assert.deepEqual(book.gone(), [peer]);
  book.connected(peer, undefined);
  assert.deepEqual([...book.alive()], [peer]);
});

Deno.test("PeerBook.alive() leaves out peers not heard of for an hour, unless they are connected", async () => {
  const { book, clock } = makeBook();
  const [silent, connected, heard] = [await addPeer(book, 1), await addPeer(book, 2), await addPeer(book, 3)];
  book.connected(connected, undefined);
  clock.nowMs += PEER_ADDRESS_TTL_MS;
  book.heard(heard);
  clock.nowMs += 1;
  assert.deepEqual([...book.alive()], [connected, heard]);
  assert.deepEqual(book.forgetOld(), [silent]);
  assert.equal(book.get(silent.key), undefined);
});

Deno.test("PeerBook.forgetOld() keeps a peer that is gone as long as there may be records of it", async () => {
  const { book, clock } = makeBook();
  const peer = await addPeer(book, 1);
  book.markGone(peer);
  clock.nowMs += GONE_TTL_MS;
  assert.deepEqual(book.forgetOld(), []);
  clock.nowMs += 1;
  assert.deepEqual(book.forgetOld(), [peer]);
});

Deno.test("PeerBook keeps the nodes that it is connected to, then those that it has met, when others name too many", async () => {
  const { book } = makeBook({ maxPeers: 4 });
  const [connected, met, gone] = [await addPeer(book, 1), await addPeer(book, 2), await addPeer(book, 3)];
  book.connected(connected, undefined);
  book.markGone(gone);
  for (let index = 0; index < 50; index++) book.meet(await randomPeerId());
  assert.equal(book.get(connected.key), connected);
  assert.equal(book.get(met.key), met);
  assert.equal(book.get(gone.key), undefined);
});

Deno.test("usableAddresses() takes each address once and no more than eight", () => {
  const addrs = Array.from({ length: 30 }, (_, index) => addrBytes(`/ip4/10.0.0.${index >> 1}/tcp/5001`));
  const found = usableAddresses(addrs, false);
  assert.equal(found.length, 8);
  assert.equal(new Set(found.map(({ ip }) => ip)).size, 8);
});
