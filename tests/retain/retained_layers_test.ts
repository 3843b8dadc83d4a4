import assert from "@std/assert";
import { type Digest, digestOf } from "../../src/oci/digest.ts";
import { StoreUnavailableError } from "../../src/store/content_store.ts";
import { uniqueBytes } from "../store/store_fixture.ts";
import { RetainedFixture } from "./retained_fixture.ts";

async function absentLayer(): Promise<Digest> {
  return await digestOf(uniqueBytes(9));
}

Deno.test("RetainedLayers.add() keeps what is there and what is still to come", async () => {
  const { layers, leases, put } = bound(new RetainedFixture());
  const [here, coming] = [await put(100), await absentLayer()];
  await layers.add(here, 100);
  await layers.add(coming, undefined);
  assert.deepEqual(leases.digests, [here, coming]);
  assert.deepEqual(counts(layers), [100, 2]);
});

Deno.test("RetainedLayers needs few leases and few writes, however much is kept and asked for again", async () => {
  const fixture = new RetainedFixture({ limitBytes: 1e9 });
  const digests = await Promise.all(Array.from({ length: 50 }, () => absentLayer()));
  for (let round = 0; round < 3; round++) {
    for (const digest of digests) await fixture.layers.add(digest, 10);
  }
  assert.equal(fixture.leases.writes, 1 + 50);
  for (let elapsedMs = 0; elapsedMs < 500_000; elapsedMs += 1_000) {
    fixture.nowMs += 1_000;
    for (const digest of digests.slice(0, 2)) await fixture.layers.add(digest, 10);
    if (elapsedMs % 10_000 === 0) await fixture.layers.sweep();
    assert.ok(fixture.leases.kept.size <= 10, `${fixture.leases.kept.size} leases`);
  }
});

Deno.test("RetainedLayers.sweep() finds out sizes, of what came and of what is on its way", async () => {
  const { layers, store, put } = bound(new RetainedFixture());
  const [here, coming] = [await put(100), await absentLayer()];
  await layers.add(here, undefined);
  await layers.add(coming, undefined);
  const ingest = store.receive(coming, { total: 250 });
  assert.deepEqual(counts(layers), [0, 2]);
  await layers.sweep();
  assert.deepEqual(counts(layers), [350, 2]);
  ingest.abort();
});

Deno.test("RetainedLayers keeps a layer as long as it has to, and not much longer", async () => {
  const fixture = new RetainedFixture({ durationMs: 80_000 });
  const digest = await fixture.put(100);
  await fixture.layers.add(digest, 100);
  fixture.nowMs += 79_999;
  await fixture.layers.sweep();
  assert.deepEqual(fixture.leases.digests, [digest]);
  fixture.nowMs += 10_001;
  await fixture.layers.sweep();
  assert.deepEqual(fixture.leases.digests, []);
  assert.equal(fixture.leases.kept.size, 0);
  assert.deepEqual(fixture.released, ["expired"]);
  assert.deepEqual(counts(fixture.layers), [0, 0]);
});

Deno.test("RetainedLayers keeps a layer that is asked for again from then on", async () => {
  const fixture = new RetainedFixture({ durationMs: 80_000 });
  const [again, once] = [await fixture.put(100), await fixture.put(100)];
  await fixture.layers.add(again, 100);
  await fixture.layers.add(once, 100);
  fixture.nowMs += 60_000;
  await fixture.layers.add(again, 100);
  fixture.nowMs += 60_000;
  await fixture.layers.sweep();
  assert.deepEqual(fixture.leases.digests, [again]);
  assert.deepEqual(counts(fixture.layers), [100, 1]);
});

Deno.test("RetainedLayers releases what was asked for longest ago when the limit is reached", async () => {
  const fixture = new RetainedFixture({ limitBytes: 1_000 });
  const [a, b, c] = [await fixture.put(400), await fixture.put(400), await fixture.put(400)];
  await fixture.layers.add(a, 400);
  await fixture.layers.add(b, 400);
  fixture.nowMs += 30_000; // a is then kept by two leases
  await fixture.layers.add(a, 400);
  await fixture.layers.add(c, 400);
  assert.deepEqual(new Set(fixture.leases.digests), new Set([a, c]));
  assert.deepEqual(fixture.released, ["limit"]);
  await fixture.layers.add(await fixture.put(800), 800);
  assert.equal(fixture.leases.digests.length, 1);
  assert.deepEqual(counts(fixture.layers), [800, 1]);
});

Deno.test("RetainedLayers does not keep a layer beyond the limit, and releases one that turns out to be", async () => {
  const fixture = new RetainedFixture({ limitBytes: 1_000 });
  const [small, large] = [await fixture.put(100), await fixture.put(1_001)];
  await fixture.layers.add(small, 100);
  await fixture.layers.add(large, 1_001);
  assert.deepEqual(fixture.leases.digests, [small]);
  await fixture.layers.add(large, undefined);
  await fixture.layers.add(small, 100);
  await fixture.layers.sweep();
  assert.deepEqual(fixture.leases.digests, [small]);
});

Deno.test("RetainedLayers keeps nothing while too little of the disk is left, and gives back what is missing", async () => {
  const fixture = new RetainedFixture({ minFreePercent: 20, limitBytes: 10_000 });
  const digests = await Promise.all([100, 100, 100].map((size) => fixture.put(size)));
  for (const digest of digests) await fixture.layers.add(digest, 100);
  fixture.space = { availableBytes: 290, totalBytes: 1_000 };
  await fixture.layers.add(await fixture.put(100), 100);
  assert.deepEqual(fixture.leases.digests, digests, "less than 20 % would be left");
  fixture.space = { availableBytes: 60, totalBytes: 1_000 };
  await fixture.layers.sweep();
  assert.deepEqual(fixture.leases.digests, digests.slice(2), "140 bytes were missing");
  assert.deepEqual(fixture.released, ["space", "space"]);
  fixture.space = { availableBytes: 260, totalBytes: 1_000 };
  await fixture.layers.sweep();
  assert.deepEqual(fixture.leases.digests, digests.slice(2));
});

Deno.test("RetainedLayers keeps nothing more while nobody can tell what is left of the disk", async () => {
  const fixture = new RetainedFixture();
  fixture.space = undefined;
  await assert.rejects(async () => await fixture.layers.add(await fixture.put(100), 100), Deno.errors.NotFound);
  await assert.rejects(() => fixture.layers.sweep(), Deno.errors.NotFound);
  assert.deepEqual(fixture.leases.digests, []);
  const careless = new RetainedFixture({ minFreePercent: 0 });
  careless.space = undefined;
  await careless.layers.add(await careless.put(100), 100);
  await careless.layers.sweep();
  assert.equal(careless.leases.digests.length, 1);
});

Deno.test("RetainedLayers gives up what neither came nor is on its way", async () => {
  const fixture = new RetainedFixture({ durationMs: 3_600_000 });
  const [never, slow] = [await absentLayer(), await absentLayer()];
  await fixture.layers.add(never, 100);
  await fixture.layers.add(slow, 100);
  const ingest = fixture.store.receive(slow, { total: 100 });
  await fixture.layers.sweep();
  assert.equal(fixture.leases.digests.length, 2);
  fixture.nowMs += 5 * 60_000 + 1;
  await fixture.layers.sweep();
  assert.deepEqual(fixture.leases.digests, [slow]);
  assert.deepEqual(fixture.released, ["absent"]);
  ingest.abort();
});

Deno.test("RetainedLayers takes over what an earlier run kept, the oldest first to go", async () => {
  const before = new RetainedFixture();
  const old = await before.put(400);
  await before.layers.add(old, 400);
  before.nowMs += 30_000;
  const recent = await before.put(400);
  await before.layers.add(recent, 400);

  const after = new RetainedFixture({}, before.leases);
  after.nowMs = before.nowMs;
  for (const digest of [old, recent]) {
    await after.store.put(await new Response(await before.store.open(digest)).bytes());
  }
  await after.layers.sweep();
  assert.deepEqual(counts(after.layers), [800, 2]);
  const leases = after.leases.kept.size;
  await after.layers.add(await after.put(400), 400);
  assert.equal(after.leases.kept.size, leases, "the present lease is used further");
  assert.ok(!after.leases.digests.includes(old));
  assert.ok(after.leases.digests.includes(recent));
  after.nowMs += 100_000;
  await after.layers.sweep();
  assert.equal(after.leases.kept.size, 0);
});

Deno.test("RetainedLayers does not use a lease that would keep a layer longer than is wanted now", async () => {
  const before = new RetainedFixture({ durationMs: 1_000_000 });
  await before.layers.add(await before.put(100), 100);
  const after = new RetainedFixture({ durationMs: 8_000 }, before.leases);
  const digest = await after.put(100);
  await after.layers.sweep();
  await after.layers.add(digest, 100);
  const lease = [...after.leases.kept.values()].find(({ digests }) => digests.has(digest));
  assert.ok(lease && lease.expiresMs <= after.nowMs + 9_000);
});

Deno.test("RetainedLayers goes on with another lease when somebody removed its own", async () => {
  const fixture = new RetainedFixture();
  const [one, two] = [await fixture.put(100), await fixture.put(100)];
  await fixture.layers.add(one, 100);
  fixture.leases.kept.clear();
  await fixture.layers.add(two, 100);
  assert.deepEqual(fixture.leases.digests, [two]);
  assert.deepEqual(counts(fixture.layers), [100, 1]);
  fixture.leases.kept.clear();
  await fixture.layers.sweep();
  assert.deepEqual(counts(fixture.layers), [0, 0]);
});

Deno.test("RetainedLayers says when the store is away, and has lost nothing when it is back", async () => {
  const fixture = new RetainedFixture();
  const digest = await fixture.put(100);
  await fixture.layers.add(digest, 100);
  fixture.leases.away = true;
  await assert.rejects(async () => await fixture.layers.add(await fixture.put(100), 100), StoreUnavailableError);
  await assert.rejects(() => fixture.layers.sweep(), StoreUnavailableError);
  fixture.leases.away = false;
  await fixture.layers.sweep();
  assert.deepEqual(fixture.leases.digests, [digest]);
  assert.deepEqual(counts(fixture.layers), [100, 1]);
});

function counts({ kept }: RetainedFixture["layers"]): [number, number] {
  return [kept.bytes, kept.layers];
}

function bound(fixture: RetainedFixture) {
  const { layers, leases, store } = fixture;
  return { layers, leases, store, put: (sizeBytes: number) => fixture.put(sizeBytes) };
}
