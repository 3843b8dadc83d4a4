import assert from "@std/assert";
import { Announcer } from "../../../src/routing/dht/announcer.ts";
import { bytesKey } from "../../../src/routing/dht/bytes_key.ts";
import { contentId } from "../../../src/routing/dht/content_id.ts";
import { decodeKadMessage } from "../../../src/routing/dht/kad_message.ts";
import { Outboxes } from "../../../src/routing/dht/outboxes.ts";
import { type KnownPeer, PeerBook } from "../../../src/routing/dht/peer_book.ts";
import { until } from "../../support/until.ts";
import { addPeer, addrBytes } from "./known_peer.ts";

const SELF = { id: Uint8Array.of(1, 2), addrs: [addrBytes("/ip4/10.9.9.9/tcp/5001")] };

/** One stream of announcements that a peer has taken. */
interface Sent {
  peer: KnownPeer;
  keys: string[];
}

function makeAnnouncer(options: { intervalMs?: number; fails?: (peer: KnownPeer) => boolean } = {}) {
  const { intervalMs, fails = () => false } = options;
  const book = new PeerBook({ allowLoopback: false });
  const sent: Sent[] = [];
  const tried: KnownPeer[] = [];
  const outboxes = new Outboxes({
    client: {
      async sendRecords(peer, frames) {
        tried.push(peer);
        await Promise.resolve();
        if (fails(peer)) throw new Error("refused");
        const messages = [...frames].map(decodeKadMessage);
        for (const { providers } of messages) assert.deepEqual(providers, [SELF]);
        sent.push({ peer, keys: messages.map(({ key }) => key.toHex()) });
      },
    },
  });
  const announcer = new Announcer({ book, outboxes, self: () => SELF }, { intervalMs });
  return {
    book,
    announcer,
    sent,
    tried,
    async [Symbol.asyncDispose]() {
      await announcer[Symbol.asyncDispose]();
      outboxes[Symbol.dispose]();
      await new Promise((resolve) => setTimeout(resolve)); // what was under way fails
    },
  };
}

function hexOf(key: string): string {
  return contentId(key).multihash.toHex();
}

Deno.test("Announcer groups keys by peer: one stream for each, and every key at its twenty closest", async () => {
  await using made = makeAnnouncer();
  const { book, announcer, sent } = made;
  const peers = await Promise.all(Array.from({ length: 50 }, (_, number) => addPeer(book, number)));
  const keys = Array.from({ length: 500 }, (_, index) => `key ${index}`);
  for (const key of keys) announcer.announce([key]); // one by one, and still together
  await until("all peers", () => sent.length === peers.length);
  for (const key of keys.slice(0, 20)) {
    const holders = sent.filter((stream) => stream.keys.includes(hexOf(key))).map(({ peer }) => peer.id).toSorted();
    assert.deepEqual(holders, book.closest(contentId(key).kadId, 20).map(({ id }) => id).toSorted());
  }
  assert.ok(sent.every((stream) => new Set(stream.keys).size === stream.keys.length), "nothing twice");
});

Deno.test("Announcer announces again before the interval ends, and spreads it", async () => {
  await using made = makeAnnouncer({ intervalMs: 400 });
  const { book, announcer, sent } = made;
  await addPeer(book, 1);
  announcer.announce(["key"]);
  await until("three announcements", () => sent.length >= 3);
  assert.deepEqual(sent.slice(0, 3).map(({ keys }) => keys), [[hexOf("key")], [hexOf("key")], [hexOf("key")]]);
});

Deno.test("Announcer waits while there are no peers, and begins when one comes", async () => {
  await using made = makeAnnouncer();
  const { book, announcer, sent } = made;
  announcer.announce(["key"]);
  await new Promise((resolve) => setTimeout(resolve, 250));
  assert.equal(announcer.size, 1);
  announcer.met(await addPeer(book, 1));
  await until("the announcement", () => sent.length === 1);
});

Deno.test("Announcer tells a node that joins, and it alone, the keys for which it is one of the closest", async () => {
  await using made = makeAnnouncer();
  const { book, announcer, sent } = made;
  for (let number = 0; number < 30; number++) await addPeer(book, number);
  const keys = Array.from({ length: 100 }, (_, index) => `key ${index}`);
  announcer.announce(keys);
  await until("everybody", () => sent.length === 30);
  const newcomer = await addPeer(book, 99);
  announcer.met(newcomer);
  await until("the newcomer", () => sent.length === 31);
  const last = sent.at(-1);
  const close = keys.filter((key) => book.closest(contentId(key).kadId, 20).includes(newcomer));
  assert.equal(last?.peer, newcomer);
  assert.deepEqual(last?.keys.toSorted(), close.map(hexOf).toSorted());
});

Deno.test("Announcer tells a member that was only not connected nothing twice, unless it was gone or started anew", async () => {
  await using made = makeAnnouncer();
  const { book, announcer, sent } = made;
  const [member, other] = [await addPeer(book, 1), await addPeer(book, 2)];
  announcer.announce(["key"]);
  await until("both", () => sent.length === 2);
  const streamsTo = async (startedMs: number) => {
    member.membership = { signed: new Uint8Array(), seq: 1, startedMs, madeMs: 0 };
    const before = sent.filter(({ peer }) => peer === member).length;
    announcer.met(member);
    announcer.met(other); // which has no record: it is told whenever it connects, and after the member
    const told = sent.filter(({ peer }) => peer === other).length;
    await until("the other one", () => sent.filter(({ peer }) => peer === other).length > told);
    return sent.filter(({ peer }) => peer === member).length - before;
  };
  assert.deepEqual([await streamsTo(1), await streamsTo(1), await streamsTo(2)], [1, 0, 1]);
  announcer.gone(member);
  assert.deepEqual([await streamsTo(2), await streamsTo(2)], [1, 0]);
});

Deno.test("Announcer.withdraw() takes a key out, though it is about to be announced", async () => {
  await using made = makeAnnouncer();
  const { book, announcer, sent } = made;
  await addPeer(book, 1);
  announcer.announce(["stays", "goes"]);
  announcer.withdraw(["goes"]);
  await until("the announcement", () => sent.length === 1);
  assert.deepEqual(sent[0]?.keys, [hexOf("stays")]);
  assert.ok(announcer.provides(bytesKey(contentId("stays").multihash)));
  announcer.withdraw(["stays"]);
  assert.ok(!announcer.provides(bytesKey(contentId("stays").multihash)));
  assert.equal(announcer.size, 0);
});

Deno.test("a peer that does not take its announcements is tried again, while others are not kept waiting", async () => {
  const refusing = new Set<KnownPeer>();
  await using made = makeAnnouncer({ fails: (peer) => refusing.has(peer) });
  const { book, announcer, sent, tried } = made;
  const [good, bad] = [await addPeer(book, 1), await addPeer(book, 2)];
  refusing.add(bad);
  announcer.announce(["key"]);
  await until("the good peer", () => sent.some(({ peer }) => peer === good));
  assert.ok(tried.includes(bad));
  refusing.delete(bad);
  await until("the other one", () => sent.some(({ peer }) => peer === bad));
  assert.equal(sent.filter(({ peer }) => peer === good).length, 1, "who has it is not told again");
});

Deno.test("a peer that is gone is not tried again", async () => {
  await using made = makeAnnouncer({ fails: () => true });
  const { book, announcer, tried } = made;
  const peer = await addPeer(book, 1);
  announcer.announce(["key"]);
  await until("the first try", () => tried.length === 1);
  book.markGone(peer);
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  assert.equal(tried.length, 1);
});

Deno.test("Outboxes.arrived() waits for what is on the way to a peer, whether it arrives or not", async () => {
  const book = new PeerBook({ allowLoopback: false });
  const peer = await addPeer(book, 1);
  const { promise, reject } = Promise.withResolvers<void>();
  using outboxes = new Outboxes({ client: { sendRecords: () => promise } });
  await outboxes.arrived(peer);
  outboxes.add(peer, { encode: () => new Uint8Array() });
  outboxes.flush();
  await new Promise((resolve) => setTimeout(resolve));
  let arrived = false;
  const waiting = outboxes.arrived(peer).then(() => arrived = true);
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert.ok(!arrived);
  reject(new Error("refused"));
  await waiting;
  await new Promise((resolve) => setTimeout(resolve));
});
