import assert from "@std/assert";
import { type ClosestSearchComponents, searchClosest } from "../../../src/routing/dht/closest_search.ts";
import { closest } from "../../../src/routing/closest.ts";
import { contentId } from "../../../src/routing/dht/content_id.ts";
import { KAD_MESSAGE_TYPES, type KadMessage, type KadPeer } from "../../../src/routing/dht/kad_message.ts";
import { type KnownPeer, PeerBook } from "../../../src/routing/dht/peer_book.ts";
import { addPeer } from "./known_peer.ts";

const TARGET = contentId("key");
const MESSAGE = { type: KAD_MESSAGE_TYPES.getProviders, key: TARGET.multihash };
const PROVIDER: KadPeer = { id: Uint8Array.of(1), addrs: [] };

type Answer = Partial<Required<KadMessage>> | "fails" | "never answers";

/** A network of peers whose answers a function decides. Collects who was asked. */
async function makeNetwork(count: number, answer: (peer: KnownPeer, rank: number) => Answer | Promise<Answer>) {
  const book = new PeerBook({ allowLoopback: false });
  for (let number = 0; number < count; number++) await addPeer(book, number);
  const ranked = book.closest(TARGET.kadId, count);
  const asked: KnownPeer[] = [];
  const components: ClosestSearchComponents = {
    book,
    discover: () => undefined,
    client: {
      async request(peer, message, { signal } = {}) {
        asked.push(peer);
        const said = await answer(peer, ranked.indexOf(peer));
        if (said === "fails") throw new Error("refused");
        if (said === "never answers") {
          await new Promise((_resolve, reject) => {
            signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
          });
        }
        return { ...message, closer: [], providers: [], ...(said as object) };
      },
    },
  };
  return { components, book, ranked, asked };
}

/** Searches until there is a provider. */
async function search(components: ClosestSearchComponents, signal = AbortSignal.timeout(5_000)) {
  const found: KadPeer[] = [];
  const answered = await searchClosest(components, { kadId: TARGET.kadId, message: MESSAGE }, {
    signal,
    onAnswer: ({ providers }) => {
      found.push(...providers);
      return found.length > 0;
    },
  });
  return { answered, found };
}

Deno.test("searchClosest() asks the four closest peers and nobody else when they know", async () => {
  const { components, ranked, asked } = await makeNetwork(40, () => ({ providers: [PROVIDER] }));
  assert.deepEqual(await search(components), { answered: 4, found: [PROVIDER, PROVIDER, PROVIDER, PROVIDER] });
  assert.deepEqual(asked, ranked.slice(0, 4));
});

Deno.test("searchClosest() has asked all of the twenty closest that are connected before it gives up", async () => {
  const { components, ranked, asked } = await makeNetwork(40, () => ({}));
  for (const peer of ranked) peer.connected = true;
  assert.deepEqual(await search(components), { answered: 20, found: [] });
  assert.deepEqual(new Set(asked), new Set(ranked.slice(0, 20)));
  assert.equal(asked.length, 20, "nobody twice");
});

Deno.test.each([
  { connected: 12, asked: 12 },
  { connected: 3, asked: 8 },
  { connected: 0, asked: 8 },
])("searchClosest() asks $asked peers before it gives up where $connected are connected", async (example) => {
  const { components, ranked, asked } = await makeNetwork(40, () => ({}));
  const connected = ranked.slice(20 - example.connected, 20);
  for (const peer of connected) peer.connected = true;
  assert.deepEqual(await search(components), { answered: example.asked, found: [] });
  const others = ranked.filter((peer) => !connected.includes(peer)).slice(0, example.asked - connected.length);
  assert.deepEqual(new Set(asked), new Set([...connected, ...others]));
});

Deno.test("searchClosest() finds what only the last of the twenty knows, though others fail or never answer", async () => {
  const { components } = await makeNetwork(40, (_peer, rank) => {
    if (rank === 19) return { providers: [PROVIDER] };
    return rank % 2 === 0 ? "fails" : "never answers";
  });
  assert.deepEqual(await search(components), { answered: 1, found: [PROVIDER] });
});

Deno.test("searchClosest() does not wait for a few that are silent, and takes what they answer later", async () => {
  const late = Promise.withResolvers<Answer>();
  const { components, ranked, asked } = await makeNetwork(20, (_peer, rank) => {
    return rank === 7 ? late.promise : rank === 12 ? "never answers" : {};
  });
  for (const peer of ranked) peer.connected = true;
  const stop = new AbortController();
  const told = Promise.withResolvers<readonly KadPeer[]>();
  const answered = await searchClosest(components, { kadId: TARGET.kadId, message: MESSAGE }, {
    signal: stop.signal,
    onAnswer: ({ providers }) => {
      if (providers.length > 0) told.resolve(providers);
      return false;
    },
  });
  assert.deepEqual({ answered, asked: asked.length }, { answered: 18, asked: 20 });
  late.resolve({ providers: [PROVIDER] });
  assert.deepEqual(await told.promise, [PROVIDER]);
  stop.abort();
});

Deno.test("searchClosest() waits for those that are connected, but for a few", async () => {
  const { components, ranked } = await makeNetwork(20, (_peer, rank) => rank < 10 ? {} : "never answers");
  for (const peer of ranked) peer.connected = true;
  const signal = AbortSignal.timeout(300);
  assert.deepEqual(await search(components, signal), { answered: 10, found: [] });
  assert.ok(signal.aborted, "half of them is not most of them");
});

Deno.test("searchClosest() ends when its signal aborts, whoever has not answered", async () => {
  const { components } = await makeNetwork(10, () => "never answers");
  const { answered, found } = await search(components, AbortSignal.timeout(20));
  assert.deepEqual({ answered, found }, { answered: 0, found: [] });
});

Deno.test("searchClosest() ends at once without anybody to ask", async () => {
  const { components } = await makeNetwork(0, () => ({}));
  assert.deepEqual(await search(components), { answered: 0, found: [] });
});

Deno.test("searchClosest() follows the closer peers that answers name, as Kademlia does", async () => {
  // Everybody knows the three peers next closer to the target; only the very closest one knows the provider.
  const hidden = new PeerBook({ allowLoopback: false });
  for (let number = 0; number < 30; number++) await addPeer(hidden, number);
  const ranked = hidden.closest(TARGET.kadId, 30);
  const { components, book } = await makeNetwork(0, () => ({}));
  const [farthest] = ranked.toReversed();
  if (farthest) {
    book.meet(farthest.peerId).kad = true;
    book.tell(book.meet(farthest.peerId), farthest.addrs);
  }
  const asked: number[] = [];
  const { found } = await search({
    ...components,
    discover: ({ id }) => ranked.find(({ idBytes }) => idBytes === id),
    client: {
      request: (peer, message) => {
        const rank = ranked.findIndex(({ id }) => id === peer.id);
        asked.push(rank);
        const closer = ranked.slice(Math.max(0, rank - 3), rank).map(({ idBytes, addrs }) => ({ id: idBytes, addrs }));
        return Promise.resolve({ ...message, closer, providers: rank === 0 ? [PROVIDER] : [] });
      },
    },
  });
  assert.deepEqual(found, [PROVIDER]);
  assert.equal(new Set(asked).size, asked.length, "nobody twice");
  assert.deepEqual(closest(TARGET.kadId, ranked, 1), [ranked[0]]);
});
