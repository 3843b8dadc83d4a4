import assert from "@std/assert";
import { contentId } from "../../../src/routing/dht/content_id.ts";
import { type KnownPeer, PeerBook } from "../../../src/routing/dht/peer_book.ts";
import { Withdrawals } from "../../../src/routing/dht/withdrawals.ts";
import { until } from "../../support/until.ts";
import { addPeer } from "./known_peer.ts";

interface Told {
  peer: KnownPeer;
  withdrawn: string[];
  restored: string[];
}

async function makeWithdrawals(count: number, fails: (peer: KnownPeer) => boolean = () => false) {
  const clock = { nowMs: Date.now() };
  const book = new PeerBook({ allowLoopback: false, now: () => clock.nowMs });
  const peers: KnownPeer[] = [];
  for (let number = 0; number < count; number++) {
    const peer = await addPeer(book, number);
    peer.peili = true;
    peers.push(peer);
  }
  const told: Told[] = [];
  const withdrawals = new Withdrawals({
    book,
    async tell(peer, { withdrawn, restored }) {
      await Promise.resolve();
      if (fails(peer)) throw new Error("refused");
      const hex = (multihashes: readonly Uint8Array[]) => multihashes.map((multihash) => multihash.toHex());
      told.push({ peer, withdrawn: hex(withdrawn), restored: hex(restored) });
    },
  }, { now: () => clock.nowMs });
  return { withdrawals, book, peers, told, clock, [Symbol.dispose]: () => withdrawals[Symbol.dispose]() };
}

function hexOf(key: string): string {
  return contentId(key).multihash.toHex();
}

Deno.test("everybody who is connected is told, and of the others those that hold the record", async () => {
  using made = await makeWithdrawals(60);
  // Some more than the twenty: not all nodes know the same others.
  const [near, far] = [made.book.closest(contentId("key").kadId, 30), made.book.closest(contentId("key").kadId, 60)];
  made.book.connected(far.at(-1)!, undefined);
  made.withdrawals.add(["key"]);
  await until("all to be told", () => made.told.length === 31);
  assert.deepEqual(new Set(made.told.map(({ peer }) => peer)), new Set([...near, far.at(-1)!]));
  for (const { withdrawn, restored } of made.told) assert.deepEqual([withdrawn, restored], [[hexOf("key")], []]);
});

Deno.test("a node that was away is told what it has missed, once, and nothing that holds no more", async () => {
  using made = await makeWithdrawals(1);
  const [peer] = made.peers;
  made.book.markGone(peer!);
  made.withdrawals.add(["first"]);
  made.clock.nowMs += 19 * 60_000;
  made.withdrawals.add(["second"]);
  await new Promise((resolve) => setTimeout(resolve, 150));
  assert.deepEqual(made.told, []);
  made.book.connected(peer!, undefined);
  made.withdrawals.met(peer!);
  await until("it to be told", () => made.told.length === 1);
  made.withdrawals.met(peer!);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(made.told, [{ peer, withdrawn: [hexOf("second")], restored: [] }]);
});

Deno.test("a holder that was gone is told when it is back, though it does not connect", async () => {
  using made = await makeWithdrawals(40);
  const [holder] = made.book.closest(contentId("key").kadId, 1);
  made.book.markGone(holder!, { hearsay: true });
  made.withdrawals.add(["key"]);
  await until("the others", () => made.told.length === 30);
  assert.ok(made.told.every(({ peer }) => peer !== holder));
  made.book.markBack(holder!);
  await until("the holder", () => made.told.at(-1)?.peer === holder);
  assert.equal(made.told.length, 31, "and nobody twice");
});

Deno.test("a node that was started anew is told again", async () => {
  using made = await makeWithdrawals(1);
  const [peer] = made.peers;
  made.withdrawals.add(["key"]);
  await until("it to be told", () => made.told.length === 1);
  made.withdrawals.ended(peer!);
  await until("it to be told again", () => made.told.length === 2);
});

Deno.test("a node that could not be told is told later", async () => {
  let failures = 0;
  using made = await makeWithdrawals(1, () => failures++ === 0);
  made.withdrawals.add(["key"]);
  await until("it to be told", () => made.told.length === 1);
  assert.equal(failures, 2);
});

Deno.test("a key that is back is told of, but only where it was told that it is gone", async () => {
  using made = await makeWithdrawals(1);
  made.withdrawals.cancel(["never gone"]);
  made.withdrawals.add(["key"]);
  await until("it to be told", () => made.told.length === 1);
  made.withdrawals.cancel(["key", "never gone"]);
  await until("it to be told again", () => made.told.length === 2);
  assert.deepEqual(made.told[1], { peer: made.peers[0], withdrawn: [], restored: [hexOf("key")] });
});
