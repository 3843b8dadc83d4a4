import assert from "@std/assert";
import { MEMBER_MESSAGE_MAX_BYTES } from "../../src/routing/members.ts";
import type { Router } from "../../src/routing/router.ts";
import { until } from "../support/until.ts";
import { joined, type RouterNetwork } from "./router_fixture.ts";
import { type Test, testNetworks } from "./test_networks.ts";

const PROTOCOL = "/peili/echo/1";

/**
 * Registers the tests that the members and messages of every router have to pass.
 *
 * @param name Begins the name of every test.
 * @param open Opens an empty network.
 */
export function testMembers(name: string, open: () => Promise<RouterNetwork>): void {
  testNetworks(name, open, (test) => {
    testKnowing(test);
    testClosest(test);
    testMessages(test);
    testRefusals(test);
  });
}

function testKnowing(test: Test): void {
  test("members know each other with hosts, zone and load, and themselves", async (network) => {
    const first = await network.open(7001, { zone: "north", load: () => 0.25 });
    const second = await network.open(7002, { zone: "south" });
    await membersKnown([first, second]);
    assert.deepEqual([...second.members()], [first.self()]);
    assert.deepEqual([...first.members()], [second.self()]);
    assert.deepEqual(second.member(first.id), first.self());
    const { id, hosts, zone, load, protocols } = first.self();
    assert.deepEqual({ id, zone, load, protocols }, { id: first.id, zone: "north", load: 0.25, protocols: [] });
    assert.deepEqual(hosts.map((host) => host.replace(/^.*:/, "")), ["7001"]);
  });

  test("nobody is a member of its own, or under another id", async (network) => {
    const [first, second] = await joined(network, 2);
    assert.equal(first.member(first.id), undefined);
    assert.equal(first.member("nobody"), undefined);
    assert.deepEqual([...first.members()].map(({ id }) => id), [second.id]);
  });

  test("a member that stops is told of once and is no member any more", async (network) => {
    const [first, second, third] = await joined(network, 3);
    using stop = new AbortOnDispose();
    const gone: string[] = [];
    const unheard: string[] = [];
    first.onMemberGone((id) => gone.push(id), { signal: stop.signal });
    first.onMemberGone((id) => unheard.push(id), { signal: AbortSignal.abort() });
    await second[Symbol.asyncDispose]();
    await until("the member to be gone", () => first.member(second.id) === undefined, { timeoutMs: 10_000 });
    assert.deepEqual([gone, unheard], [[second.id], []]);
    assert.deepEqual([...first.members()].map(({ id }) => id), [third.id]);
  });
}

function testClosest(test: Test): void {
  test("all agree on the members closest to a key that speak a protocol", async (network) => {
    const routers = await joined(network, 4);
    const [mute, ...speakers] = routers;
    using _answers = respondAll(speakers);
    await protocolKnown(routers, 3);
    const orders = new Set<string>();
    for (const key of Array.from({ length: 20 }, (_, index) => `key ${index}`)) {
      const [order, ...others] = routers.map((router) => closestIds(router, key, 3));
      assert.deepEqual(order?.toSorted(), speakers.map(({ id }) => id).toSorted());
      for (const other of others) assert.deepEqual(other, order);
      assert.deepEqual(closestIds(mute, key, 1), order?.slice(0, 1));
      orders.add(`${order}`);
    }
    assert.ok(orders.size > 1, "every key has the same order");
  });

  test("a protocol is told of when it is answered, and when it no longer is", async (network) => {
    const [first, second] = await joined(network, 2);
    const answer = first.respond(PROTOCOL, (message) => message);
    assert.deepEqual(first.self().protocols, [PROTOCOL]);
    assert.throws(() => first.respond(PROTOCOL, (message) => message), RangeError);
    await until("the protocol", () => second.member(first.id)?.protocols.includes(PROTOCOL) === true);
    answer[Symbol.dispose]();
    assert.deepEqual(closestIds(first, "key", 5), []);
    await until("no protocol", () => second.member(first.id)?.protocols.length === 0);
    await assert.rejects(second.request(first.id, PROTOCOL, new Uint8Array()));
  });
}

function testMessages(test: Test): void {
  test("a message is answered, and the answer knows who asked", async (network) => {
    const [first, second] = await joined(network, 2);
    using _answer = first.respond(PROTOCOL, (message, from) => concat(message, new TextEncoder().encode(from)));
    const answer = await second.request(first.id, PROTOCOL, Uint8Array.of(1, 2));
    assert.deepEqual(answer, concat(Uint8Array.of(1, 2), new TextEncoder().encode(second.id)));
  });

  test("messages may be empty and as long as allowed", async (network) => {
    const [first, second] = await joined(network, 2);
    using _answer = first.respond(PROTOCOL, (message) => message);
    for (const length of [0, 1, MEMBER_MESSAGE_MAX_BYTES]) {
      const message = new Uint8Array(length).fill(7);
      assert.deepEqual(await second.request(first.id, PROTOCOL, message), message);
    }
    const tooLong = new Uint8Array(MEMBER_MESSAGE_MAX_BYTES + 1);
    await assert.rejects(second.request(first.id, PROTOCOL, tooLong), RangeError);
  });

  test("many messages at once are each answered by their own, in whatever order", async (network) => {
    const [first, second] = await joined(network, 2);
    using _answer = first.respond(PROTOCOL, async (message) => {
      if (message[0]! % 2 === 0) await new Promise((resolve) => setTimeout(resolve, 30));
      return message;
    });
    const messages = Array.from({ length: 40 }, (_, index) => Uint8Array.of(index));
    assert.deepEqual(
      await Promise.all(messages.map((message) => second.request(first.id, PROTOCOL, message))),
      messages,
    );
  });

  test("both ends ask each other", async (network) => {
    const [first, second] = await joined(network, 2);
    using _answers = respondAll([first, second]);
    assert.deepEqual(await first.request(second.id, PROTOCOL, Uint8Array.of(1)), Uint8Array.of(1));
    assert.deepEqual(await second.request(first.id, PROTOCOL, Uint8Array.of(2)), Uint8Array.of(2));
  });
}

function testRefusals(test: Test): void {
  test("a message that is not understood has no answer, and does no harm to the others", async (network) => {
    const [first, second] = await joined(network, 2);
    using _answer = first.respond(PROTOCOL, async (message) => {
      await Promise.resolve();
      if (message.length === 0) throw new SyntaxError("malformed");
      return message;
    });
    const good = second.request(first.id, PROTOCOL, Uint8Array.of(1));
    await assert.rejects(second.request(first.id, PROTOCOL, new Uint8Array()), Error);
    assert.deepEqual(await good, Uint8Array.of(1));
  });

  test("an answer that is too long is none", async (network) => {
    const [first, second] = await joined(network, 2);
    using _answer = first.respond(PROTOCOL, () => new Uint8Array(MEMBER_MESSAGE_MAX_BYTES + 1));
    await assert.rejects(second.request(first.id, PROTOCOL, Uint8Array.of(1)), Error);
  });

  test("an answer that never comes is waited for two seconds, or until the caller gives up", async (network) => {
    const [first, second] = await joined(network, 2);
    using _answer = first.respond(PROTOCOL, () => new Promise<never>(() => {}));
    const giveUp = new AbortController();
    const given = second.request(first.id, PROTOCOL, new Uint8Array(), { signal: giveUp.signal });
    giveUp.abort(new Error("not worth the wait"));
    await assert.rejects(given, /not worth the wait/);
    await assert.rejects(second.request(first.id, PROTOCOL, new Uint8Array()), /Cannot ask member/);
  });

  test("who is not there, or does not speak the protocol, cannot be asked", async (network) => {
    const [first, second] = await joined(network, 2);
    for (const [id, protocol] of [[second.id, "/peili/other/1"], ["nobody", PROTOCOL], [first.id, PROTOCOL]]) {
      await assert.rejects(first.request(id!, protocol!, new Uint8Array()), Error);
    }
  });
}

/** Aborts its signal when it is disposed of. */
class AbortOnDispose extends AbortController {
  [Symbol.dispose](): void {
    this.abort();
  }
}

function respondAll(routers: readonly Router[]): DisposableStack {
  const answers = new DisposableStack();
  for (const router of routers) answers.use(router.respond(PROTOCOL, (message) => message));
  return answers;
}

function closestIds(router: Router, key: string, count: number): string[] {
  return router.closestMembers(key, { protocol: PROTOCOL, count }).map(({ id }) => id);
}

async function membersKnown(routers: readonly Router[]): Promise<void> {
  await until(
    "all to know all members",
    () => routers.every((router) => [...router.members()].length === routers.length - 1),
    { timeoutMs: 10_000 },
  );
}

async function protocolKnown(routers: readonly Router[], speakers: number): Promise<void> {
  await until(
    "the protocol to be known",
    () => routers.every((router) => closestIds(router, "", speakers + 1).length === speakers),
    { timeoutMs: 10_000 },
  );
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  return Uint8Array.from([...a, ...b]);
}
