import assert from "@std/assert";
import { sleep } from "../../src/core/deadline.ts";
import { Metrics } from "../../src/metrics/metrics.ts";
import type { LookupOptions, Provider, ProviderFinder } from "../../src/routing/router.ts";
import { PeerReputation } from "../../src/transfer/peer_reputation.ts";
import { ProviderSearch } from "../../src/transfer/provider_search.ts";
import { SourceRanking } from "../../src/transfer/source_ranking.ts";
import { until } from "../support/until.ts";
import { objectPath } from "./object_path.ts";

/** For tests that are not about the deadline, on a machine that is busy. */
const UNHURRIED = { resolveTimeoutMs: 10_000 };

/** Takes the oldest first. */
const IN_ORDER = new SourceRanking({ random: () => 0 });

/** A router that finds a number of providers, one every so often. */
function routerOf(count: number, everyMs = 0): ProviderFinder & { calls: LookupOptions[] } {
  const calls: LookupOptions[] = [];
  return {
    calls,
    async *lookup(_key: string, options: LookupOptions = {}): AsyncGenerator<Provider> {
      calls.push(options);
      for (let index = 0; index < count; index++) {
        if (everyMs > 0) await sleep(everyMs);
        if (options.signal?.aborted) return;
        yield { id: `peer-${index}`, hosts: [`127.0.0.1:${index + 1}`] };
      }
    },
  };
}

async function counted(metrics: Metrics): Promise<Record<string, number>> {
  const lookups = (await metrics.lookups.get()).values.map(({ labels, value }) => [labels.result, value]);
  const resolve = (await metrics.resolveDuration.get()).values.find(({ metricName }) => metricName?.endsWith("_count"));
  return { ...Object.fromEntries(lookups), observed: resolve?.value ?? 0 };
}

Deno.test("ProviderSearch yields providers in the order in which they are found, and counts a hit", async () => {
  const metrics = new Metrics();
  const search = new ProviderSearch({ router: routerOf(2), metrics, ranking: IN_ORDER }, UNHURRIED);
  const found = await Array.fromAsync(search.find(objectPath("key")));
  assert.deepEqual(found.map(({ id }) => id), ["peer-0", "peer-1"]);
  assert.deepEqual(await counted(metrics), { hit: 1, observed: 1 });
});

Deno.test("ProviderSearch counts a miss when nobody is found", async () => {
  const metrics = new Metrics();
  assert.deepEqual(
    await Array.fromAsync(new ProviderSearch({ router: routerOf(0), metrics }, UNHURRIED).find(objectPath("key"))),
    [],
  );
  assert.deepEqual(await counted(metrics), { miss: 1, observed: 1 });
});

Deno.test("ProviderSearch looks up more providers than are tried, so that there is a choice", async () => {
  const router = routerOf(20);
  const search = new ProviderSearch({ router, metrics: new Metrics() }, { ...UNHURRIED, resolveRetries: 3 });
  assert.equal((await Array.fromAsync(search.find(objectPath("key")))).length, 3);
  assert.equal(router.calls[0]?.limit, 8);
  const eager = new ProviderSearch({ router, metrics: new Metrics() }, { ...UNHURRIED, resolveRetries: 12 });
  assert.equal((await Array.fromAsync(eager.find(objectPath("key")))).length, 12);
  assert.equal(router.calls[1]?.limit, 12);
});

Deno.test("ProviderSearch yields all that was found in time to a consumer that takes longer than that", async () => {
  const search = new ProviderSearch({ router: routerOf(3), metrics: new Metrics(), ranking: IN_ORDER }, {
    resolveTimeoutMs: 20,
  });
  const found: string[] = [];
  for await (const { id } of search.find(objectPath("key"))) {
    found.push(id);
    await sleep(40); // trying a provider that is dead
  }
  assert.deepEqual(found, ["peer-0", "peer-1", "peer-2"]);
});

Deno.test("ProviderSearch ends at its deadline, and the router hears of it", async () => {
  const router = routerOf(1_000, 5);
  const search = new ProviderSearch({ router, metrics: new Metrics(), ranking: IN_ORDER }, { resolveTimeoutMs: 50 });
  const found = await Array.fromAsync(search.find(objectPath("key")));
  assert(found.length < 1_000);
  assert.equal(router.calls[0]?.signal?.aborted, true);
  await sleep(20); // the router's own timer
});

Deno.test("ProviderSearch ends at its deadline even when the router does not heed it", async () => {
  const router: ProviderFinder = {
    lookup: () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) }),
  };
  const metrics = new Metrics();
  const search = new ProviderSearch({ router, metrics }, { resolveTimeoutMs: 20 });
  assert.deepEqual(await Array.fromAsync(search.find(objectPath("key"))), []);
  assert.deepEqual(await counted(metrics), { miss: 1, observed: 1 });
});

Deno.test("ProviderSearch ends the lookup when its consumer has enough, or its signal aborts", async () => {
  const router = routerOf(3);
  const search = new ProviderSearch({ router, metrics: new Metrics(), ranking: IN_ORDER }, {
    resolveTimeoutMs: 10_000,
  });
  for await (const _ of search.find(objectPath("key"))) break;
  assert.equal(router.calls[0]?.signal?.aborted, true);
  assert.deepEqual(await Array.fromAsync(search.find(objectPath("key"), { signal: AbortSignal.abort() })), []);
  await sleep(20); // the router's own timers
});

for (
  const options of [{ resolveTimeoutMs: 0 }, { resolveTimeoutMs: NaN }, { resolveRetries: 0 }, { resolveRetries: 1.5 }]
) {
  Deno.test(`ProviderSearch throws RangeError on ${JSON.stringify(options)}`, () => {
    const components = { router: routerOf(0), metrics: new Metrics() };
    assert.throws(() => new ProviderSearch(components, options), RangeError);
  });
}

Deno.test("ProviderSearch yields the provider of the manifest first, and nobody twice", async () => {
  const search = new ProviderSearch({ router: routerOf(3), metrics: new Metrics(), ranking: IN_ORDER }, UNHURRIED);
  search.expect(["layer"], { id: "peer-2", hosts: ["127.0.0.1:3"] });
  const found = await Array.fromAsync(search.find(objectPath("layer")));
  assert.deepEqual(found.map(({ id }) => id), ["peer-2", "peer-0", "peer-1"]);
});

Deno.test("ProviderSearch does not count providers that say they are full as tried", async () => {
  const reputation = new PeerReputation();
  const components = { router: routerOf(8), metrics: new Metrics(), ranking: IN_ORDER, reputation };
  const search = new ProviderSearch(components, { ...UNHURRIED, resolveRetries: 2 });
  const found: string[] = [];
  for await (const { id } of search.find(objectPath("key"))) {
    found.push(id);
    if (found.length <= 4) reputation.full(id, 1_000);
  }
  assert.deepEqual(found, [0, 1, 2, 3, 4, 5].map((index) => `peer-${index}`));
  assert.deepEqual(
    (await Array.fromAsync(search.find(objectPath("key")))).map(({ id }) => id),
    ["peer-4", "peer-5"],
    "nobody asks the full ones for a moment",
  );
});

Deno.test("ProviderSearch does not wait long for a choice when it knows the provider of the manifest", async () => {
  const router: ProviderFinder = {
    lookup: () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) }),
  };
  const search = new ProviderSearch({ router, metrics: new Metrics() }, UNHURRIED);
  search.expect(["key"], { id: "peer-0", hosts: ["127.0.0.1:1"] });
  for await (const { id } of search.find(objectPath("key"))) {
    assert.equal(id, "peer-0");
    break;
  }
});

Deno.test("ProviderSearch looks up what a manifest refers to before it is asked for", async () => {
  const router = routerOf(1);
  const search = new ProviderSearch({ router, metrics: new Metrics(), ranking: IN_ORDER }, UNHURRIED);
  search.expect(Array.from({ length: 100 }, (_, index) => `layer-${index}`), { id: "peer-0", hosts: ["127.0.0.1:1"] });
  await until("the lookups", () => router.calls.length >= 64);
  await sleep(20);
  assert.equal(router.calls.length, 64, "there is a bound");
});

Deno.test("ProviderSearch leaves out peers that are not worth asking", async () => {
  const reputation = new PeerReputation();
  const search = new ProviderSearch(
    { router: routerOf(3), metrics: new Metrics(), ranking: IN_ORDER, reputation },
    UNHURRIED,
  );
  reputation.failed("peer-0");
  reputation.missed("peer-1", objectPath("key"));
  assert.deepEqual((await Array.fromAsync(search.find(objectPath("key")))).map(({ id }) => id), ["peer-2"]);
  search.expect(["key"], { id: "peer-0", hosts: ["127.0.0.1:1"] });
  assert.deepEqual((await Array.fromAsync(search.find(objectPath("other")))).map(({ id }) => id), ["peer-1", "peer-2"]);
});

Deno.test("ProviderSearch guesses once where the guess was wrong, and asks that node again when it is found", async () => {
  const search = new ProviderSearch({ router: routerOf(3), metrics: new Metrics(), ranking: IN_ORDER }, UNHURRIED);
  search.expect(["layer"], { id: "peer-2", hosts: ["127.0.0.1:3"] });
  const found = async () => (await Array.fromAsync(search.find(objectPath("layer")))).map(({ id }) => id);
  assert.deepEqual(await found(), ["peer-2", "peer-0", "peer-1"]);
  assert.deepEqual(await found(), ["peer-0", "peer-1", "peer-2"]);
  search.expect(["layer"], { id: "peer-2", hosts: ["127.0.0.1:3"] });
  for await (const _ of search.find(objectPath("layer"))) break; // it was right: no other one is wanted
  assert.deepEqual(await found(), ["peer-2", "peer-0", "peer-1"]);
});
