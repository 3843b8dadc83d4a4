import assert from "@std/assert";
import type { Router } from "../../src/routing/router.ts";
import { until } from "../support/until.ts";
import { joined, providersOf, type RouterNetwork } from "./router_fixture.ts";
import { type Test, testNetworks } from "./test_networks.ts";

/** How long a router may take to learn what others announce, in milliseconds. */
const SETTLE_TIMEOUT_MS = 10_000;

/**
 * Registers the tests that every router has to pass.
 *
 * @param name Begins the name of every test.
 * @param open Opens an empty network.
 */
export function testRouter(name: string, open: () => Promise<RouterNetwork>): void {
  testNetworks(name, open, (test) => {
    testFinding(test);
    testBounds(test);
    testJoining(test);
  });
}

function testFinding(test: Test): void {
  test("announced keys are found by every other node, with the host that the provider told", async (network) => {
    const [first, second, third] = await joined(network, 3);
    second.announce(["a key", "another key"]);
    await foundBy(first, "a key", [second]);
    await foundBy(third, "another key", [second]);
    const [provider] = await Array.fromAsync(first.lookup("a key"));
    assert.deepEqual(provider?.hosts.map((host) => host.replace(/^.*:/, "")), ["7002"]);
  });

  test("a node never finds itself", async (network) => {
    const [first, second] = await joined(network, 2);
    first.announce(["key"]);
    second.announce(["key"]);
    await foundBy(first, "key", [second]);
    await foundBy(second, "key", [first]);
  });

  test("every provider of a key is found", async (network) => {
    const [first, ...others] = await joined(network, 4);
    for (const other of others) other.announce(["key"]);
    await foundBy(first, "key", others);
  });

  test("a thousand keys are found, announced twice or not", async (network) => {
    const [first, second] = await joined(network, 2);
    const keys = Array.from({ length: 1_000 }, (_, index) => `key ${index}`);
    first.announce(keys);
    first.announce(keys.slice(0, 10));
    for (const key of ["key 0", "key 500", "key 999"]) await foundBy(second, key, [first]);
  });

  test("a key that is withdrawn at once is never found", async (network) => {
    const [first, second] = await joined(network, 2);
    first.announce(["stays", "goes"]);
    first.withdraw(["goes", "was never there"]);
    await foundBy(second, "stays", [first]);
    assert.deepEqual(await providersOf(second, "goes"), []);
  });

  test("a key that is withdrawn is soon found by nobody, and again when it is announced again", async (network) => {
    const [first, second, third] = await joined(network, 3);
    first.announce(["stays", "goes"]);
    for (const other of [second, third]) await foundBy(other, "goes", [first]);
    first.withdraw(["goes"]);
    for (const other of [second, third]) {
      await until("nobody to be named", async () => (await providersOf(other, "goes")).length === 0, {
        timeoutMs: 3_000,
      });
      await foundBy(other, "stays", [first]);
    }
    first.announce(["goes"]);
    for (const other of [second, third]) await foundBy(other, "goes", [first]);
  });

  test("keys of every kind of text are found", async (network) => {
    const [first, second] = await joined(network, 2);
    const keys = ["", "docker.io/library/alpine:3.20", `sha256:${"0f".repeat(32)}`, "päällä", "k".repeat(10_000)];
    first.announce(keys);
    for (const key of keys) await foundBy(second, key, [first]);
  });
}

function testBounds(test: Test): void {
  test("a lookup of a key that nobody announced ends without a provider", async (network) => {
    const [first] = await joined(network, 3);
    assert.deepEqual(await providersOf(first, "nobody has this"), []);
  });

  test("a lookup yields at most as many providers as it is asked for", async (network) => {
    const [first, ...others] = await joined(network, 5);
    for (const other of others) other.announce(["key"]);
    await foundBy(first, "key", others);
    assert.equal((await providersOf(first, "key", { limit: 2 })).length, 2);
    assert.equal((await providersOf(first, "key")).length, 3, "the default limit");
  });

  test("a lookup that is aborted already ends at once and without an error", async (network) => {
    const [first, second] = await joined(network, 2);
    second.announce(["key"]);
    await foundBy(first, "key", [second]);
    assert.deepEqual(await Array.fromAsync(first.lookup("key", { signal: AbortSignal.abort() })), []);
  });

  test("a lookup that is aborted between two providers ends without an error", async (network) => {
    const [first, ...others] = await joined(network, 4);
    for (const other of others) other.announce(["key"]);
    await foundBy(first, "key", others);
    const abort = new AbortController();
    let count = 0;
    for await (const _provider of first.lookup("key", { signal: abort.signal })) {
      count++;
      abort.abort();
    }
    assert.equal(count, 1);
  });

  test("many lookups of one key at once all find its provider", async (network) => {
    const [first, second] = await joined(network, 2);
    second.announce(["key"]);
    await foundBy(first, "key", [second]);
    const found = await Promise.all(Array.from({ length: 50 }, () => providersOf(first, "key")));
    assert.deepEqual(found, Array.from({ length: 50 }, () => [second.id]));
  });
}

function testJoining(test: Test): void {
  test("a node alone is degraded, finds nothing, takes announcements and is ready when another one comes", async (network) => {
    const first = await network.open(7001);
    assert.deepEqual(first.state(), { status: "degraded", peers: 0 });
    first.announce(["announced alone"]);
    assert.deepEqual(await providersOf(first, "announced alone"), []);
    const second = await network.open(7002);
    await until("both to be ready", () => first.state().peers === 1 && second.state().peers === 1);
    assert.equal(first.state().status, "ready");
    await foundBy(second, "announced alone", [first]);
  });

  test("a node that comes late finds what was announced before, and is found", async (network) => {
    const [first, second] = await joined(network, 2);
    first.announce(["early"]);
    await foundBy(second, "early", [first]);
    const third = await network.open(7003);
    await foundBy(third, "early", [first]);
    third.announce(["late"]);
    await foundBy(first, "late", [third]);
  });

  test("a node that stops is no longer found", async (network) => {
    const [first, second, third] = await joined(network, 3);
    second.announce(["key"]);
    third.announce(["key"]);
    await foundBy(first, "key", [second, third]);
    await second[Symbol.asyncDispose]();
    await until("the node to be forgotten", () => first.state().peers === 1, { timeoutMs: SETTLE_TIMEOUT_MS });
    await foundBy(first, "key", [third]);
  });
}

async function foundBy(router: Router, key: string, providers: readonly Router[]): Promise<void> {
  const wanted = providers.map(({ id }) => id).toSorted();
  let found: string[] = [];
  try {
    await until("the providers", async () => {
      found = await providersOf(router, key, { limit: 10 });
      return found.join() === wanted.join();
    }, { timeoutMs: SETTLE_TIMEOUT_MS });
  } catch {
    assert.deepEqual(found, wanted, `providers of "${key.slice(0, 40)}"`);
  }
}
