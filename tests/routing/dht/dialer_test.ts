import assert from "@std/assert";
import type { Libp2p } from "@libp2p/interface";
import { Dialer, type DialerOptions } from "../../../src/routing/dht/dialer.ts";
import { type KnownPeer, PeerBook } from "../../../src/routing/dht/peer_book.ts";
import { until } from "../../support/until.ts";
import { addPeer } from "./known_peer.ts";

/** How many are under way before anything was learned. */
const FIRST = 4;

/** A connection that a test opens as it likes. */
interface Attempt {
  /** The address that is dialled. */
  to: string;
  /** Tells that the machine is there. */
  reached(): void;
  /** Ends it well. */
  succeed(): void;
  /** Ends it badly. */
  fail(): void;
}

/** A dialer whose connections do nothing by themselves. */
async function makeDialer({ peers: count, ...options }: DialerOptions & { peers: number }) {
  const attempts: Attempt[] = [];
  const failed: { peer: KnownPeer; reached: boolean }[] = [];
  const book = new PeerBook({ allowLoopback: false });
  const peers: KnownPeer[] = [];
  for (let number = 0; number < count; number++) peers.push(await addPeer(book, number));
  const dial = (target: unknown, { signal, onProgress }: Parameters<Libp2p["dial"]>[1] & object = {}) => {
    const { promise, resolve, reject } = Promise.withResolvers<never>();
    signal?.addEventListener("abort", () => reject(signal.reason));
    const progress = (type: string) => onProgress?.(new CustomEvent(type) as never);
    progress("dial-queue:start-dial");
    progress("tcp:open-connection");
    attempts.push({
      to: String(target),
      reached: () => progress("upgrader:encrypt-outbound-connection"),
      succeed: () => resolve(undefined as never),
      fail: () => reject(new Error("refused")),
    });
    return promise;
  };
  const dialer = new Dialer({
    host: { dial: dial as Libp2p["dial"] },
    onFailed: (peer, { reached }) => failed.push({ peer, reached }),
  }, options);
  const numbers = () => attempts.map(({ to }) => Number(/10\.0\.\d+\.(\d+)/.exec(to)?.[1]));
  return { dialer, peers, attempts, failed, numbers, [Symbol.dispose]: () => dialer[Symbol.dispose]() };
}

/** Lets everything go on that can. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve));
}

Deno.test("Dialer.dial() opens a few connections at once, and all of them in the end", async () => {
  using made = await makeDialer({ peers: 20 });
  const dialling = made.peers.map((peer) => made.dialer.dial(peer));
  await turns();
  assert.equal(made.attempts.length, FIRST);
  for (let at = 0; at < made.peers.length; at++) {
    await until("the next one", () => made.attempts.length > at);
    made.attempts[at]?.reached();
    made.attempts[at]?.succeed();
  }
  await Promise.all(dialling);
  assert.equal(made.attempts.length, 20);
  assert.deepEqual(made.failed, []);
});

Deno.test("Dialer.dial() opens one connection for all that wait for the same peer", async () => {
  using made = await makeDialer({ peers: 1 });
  const [peer] = made.peers as [KnownPeer];
  const both = [made.dialer.dial(peer), made.dialer.dial(peer, { background: true })];
  await turns();
  assert.equal(made.attempts.length, 1);
  made.attempts[0]?.succeed();
  await Promise.all(both);
});

Deno.test("Dialer.dial() lets those wait that can, but not for ever", async () => {
  using made = await makeDialer({ peers: 20 });
  const dialling = made.peers.map((peer, at) => made.dialer.dial(peer, { background: at < 10 }));
  for (let at = 0; at < 20; at++) {
    await until("the next one", () => made.attempts.length > at);
    made.attempts[at]?.succeed();
    await turns();
  }
  await Promise.all(dialling);
  const order = made.numbers();
  assert.deepEqual(order.slice(0, FIRST), [0, 1, 2, 3], "there was nobody else");
  const others = order.slice(FIRST, FIRST + 12).map((number) => number >= 10);
  assert.equal(others.filter((urgent) => urgent).length, 9, `three of four: ${others}`);
});

Deno.test("a connection that nobody waits for any more is not begun, and one that has begun goes on", async () => {
  using made = await makeDialer({ peers: FIRST + 1 });
  const abort = new AbortController();
  const dialling = made.peers.map((peer) => made.dialer.dial(peer, { signal: abort.signal }));
  await turns();
  abort.abort(new Error("given up"));
  for (const promise of dialling) await assert.rejects(promise, /given up/);
  for (const attempt of made.attempts) attempt.succeed();
  await turns();
  assert.equal(made.attempts.length, FIRST);
  const again = made.dialer.dial(made.peers[FIRST]!);
  await turns();
  made.attempts[FIRST]?.succeed();
  await again;
});

Deno.test("machines of which nothing is heard stand in nobody's way, and are given up", async () => {
  using made = await makeDialer({ peers: FIRST + 1, silentMs: 10, reachTimeoutMs: 1_000 });
  const silent = made.peers.slice(0, FIRST).map((peer) => made.dialer.dial(peer));
  const other = made.dialer.dial(made.peers[FIRST]!);
  await until("the next one", () => made.attempts.length > FIRST);
  made.attempts[FIRST]?.reached();
  made.attempts[FIRST]?.succeed();
  await other;
  for (const promise of silent) await assert.rejects(promise, /nothing was heard of its machine/);
  assert.deepEqual(made.failed.map(({ reached }) => reached), Array.from(silent, () => false));
});

Deno.test("a node that is slow to show who it is has more time than one of which nothing is heard", async () => {
  using made = await makeDialer({ peers: 2, silentMs: 10, reachTimeoutMs: 50, handshakeTimeoutMs: 400 });
  const [slow, mute] = made.peers.map((peer) => made.dialer.dial(peer));
  for (const attempt of made.attempts) attempt.reached();
  await new Promise((resolve) => setTimeout(resolve, 200));
  made.attempts[0]?.succeed();
  await slow;
  await assert.rejects(mute!, /did not show who it is/);
  assert.deepEqual(made.failed.map(({ reached }) => reached), [true]);
});

Deno.test("Dialer.dial() tries the next address when nobody is at the first, and not when somebody is", async () => {
  using made = await makeDialer({ peers: 2 });
  for (const peer of made.peers) peer.addresses = [...peer.addresses, { ip: "10.0.9.9", port: 1 }];
  const [first, second] = made.peers.map((peer) => made.dialer.dial(peer));
  await turns();
  made.attempts[0]?.fail();
  made.attempts[1]?.reached();
  made.attempts[1]?.fail();
  await assert.rejects(second!, /refused/);
  await until("the second address of the first", () => made.attempts.length === 3);
  made.attempts[2]?.succeed();
  await first;
  assert.deepEqual(made.failed.map(({ peer, reached }) => [peer.id, reached]), [[made.peers[1]?.id, true]]);
});

Deno.test("Dialer ends everything when it is disposed of, and blames nobody", async () => {
  const made = await makeDialer({ peers: FIRST + 3 });
  const dialling = made.peers.map((peer) => made.dialer.dial(peer));
  await turns();
  made.dialer[Symbol.dispose]();
  for (const promise of dialling) await assert.rejects(promise, /the node stops/);
  assert.deepEqual([made.attempts.length, made.failed], [FIRST, []]);
});
