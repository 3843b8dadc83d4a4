import assert from "@std/assert";
import { closest } from "../../../src/routing/closest.ts";
import { kadIdOf } from "../../../src/routing/dht/content_id.ts";
import { Mesh, type MeshOptions } from "../../../src/routing/dht/mesh.ts";
import { type KnownPeer, PeerBook } from "../../../src/routing/dht/peer_book.ts";
import { addPeer, randomPeerId } from "./known_peer.ts";

/** A mesh that looks after its connections only when it is told to, and whose connections open and close at once. */
async function makeMesh(
  count: number,
  options: MeshOptions & { needed?: (peer: KnownPeer) => boolean } = {},
) {
  const { needed = () => false, ...bounds } = options;
  const clock = { nowMs: 1_000_000_000_000 };
  const now = () => clock.nowMs;
  const book = new PeerBook({ allowLoopback: false, now });
  const peers: KnownPeer[] = [];
  for (let number = 0; number < count; number++) {
    const peer = await addPeer(book, number);
    peer.membership = { signed: new Uint8Array(), seq: 1, startedMs: 0, madeMs: 0 };
    peers.push(peer);
  }
  const kadId = kadIdOf((await randomPeerId()).toMultihash().bytes);
  const introduced: KnownPeer[] = [];
  const closed: KnownPeer[] = [];
  const mesh = new Mesh({
    book,
    kadId,
    introductions: {
      introduce(peer) {
        introduced.push(peer);
        book.connected(peer, undefined);
        return Promise.resolve();
      },
    },
    host: {
      getConnections(id) {
        const peer = book.get(id!.toMultihash().bytes)!;
        closed.push(peer);
        book.disconnected(peer);
        return [];
      },
    },
    askToClose: (peer) => Promise.resolve(!needed(peer)),
  }, { intervalMs: 1_000_000, now, ...bounds });
  const rounds = async (rounds: number) => {
    for (let round = 0; round < rounds; round++) {
      mesh.check();
      await new Promise((resolve) => setTimeout(resolve));
    }
  };
  return {
    mesh,
    book,
    peers,
    kadId,
    clock,
    introduced,
    closed,
    rounds,
    [Symbol.dispose]: () => mesh[Symbol.dispose](),
  };
}

Deno.test("a mesh connects to everybody in a small cluster, a few at a time", async () => {
  using made = await makeMesh(30);
  await made.rounds(1);
  assert.equal(made.introduced.length, 4);
  await made.rounds(20);
  assert.equal(made.book.connectedCount, 30);
  assert.equal(made.introduced.length, 30, "each one once");
});

Deno.test("a mesh connects to the closest and some others in a large cluster", async () => {
  using made = await makeMesh(200);
  await made.rounds(60);
  assert.equal(made.book.connectedCount, 48);
  for (const peer of closest(made.kadId, made.peers, 20)) assert.ok(peer.connected);
});

Deno.test("a mesh leaves a node alone that could not be reached, and tries it again later", async () => {
  using made = await makeMesh(1);
  const [peer] = made.peers;
  made.book.markUnreachable(peer!);
  await made.rounds(3);
  assert.equal(made.introduced.length, 0);
  made.clock.nowMs += 1_000;
  await made.rounds(3);
  assert.deepEqual(made.introduced, [peer]);
  assert.equal(peer!.goneSinceMs, undefined);
});

Deno.test("a mesh closes what is idle beyond its bound, the longest unused first, and never the closest", async () => {
  using made = await makeMesh(100, { kept: 30, most: 40 });
  for (const peer of made.peers) made.book.connected(peer, undefined);
  await made.rounds(5);
  assert.equal(made.closed.length, 0, "all were used just now");
  made.clock.nowMs += 30_000;
  const used = made.peers.slice(0, 5);
  for (const peer of used) peer.usedMs = made.clock.nowMs;
  await made.rounds(30);
  assert.equal(made.book.connectedCount, 40);
  for (const peer of [...used, ...closest(made.kadId, made.peers, 20)]) assert.ok(peer.connected);
});

Deno.test("a mesh keeps a connection that the other end needs", async () => {
  using made = await makeMesh(100, { kept: 30, most: 40, needed: () => true });
  for (const peer of made.peers) made.book.connected(peer, undefined);
  made.clock.nowMs += 30_000;
  await made.rounds(10);
  assert.equal(made.closed.length, 0);
  assert.ok(made.peers.every(({ closing }) => !closing));
});

Deno.test("Mesh.mayClose() lets others close connections that are not kept", async () => {
  using made = await makeMesh(60, { kept: 20 });
  await made.rounds(30);
  const [near, far] = closest(made.kadId, made.peers, 60).filter((_, at) => at === 0 || at === 59);
  assert.deepEqual([made.mesh.mayClose(near!), near!.closing], [false, false]);
  assert.deepEqual([made.mesh.mayClose(far!), far!.closing], [true, true]);
});
