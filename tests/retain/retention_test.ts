import assert from "@std/assert";
import { digestOf } from "../../src/oci/digest.ts";
import { Retention } from "../../src/retain/retention.ts";
import { uniqueBytes } from "../store/store_fixture.ts";
import { until } from "../support/until.ts";
import { RetainedFixture } from "./retained_fixture.ts";

Deno.test("Retention.retain() keeps layers in the background, each once", async () => {
  const fixture = new RetainedFixture();
  await using retention = new Retention(fixture.layers);
  const digests = await Promise.all([100, 200].map((size) => fixture.put(size)));
  for (const digest of [...digests, ...digests]) retention.retain(digest);
  assert.deepEqual(fixture.leases.digests, [], "the caller was not to wait");
  await until("the layers", () => fixture.leases.digests.length === 2, { intervalMs: 5 });
  assert.deepEqual(fixture.leases.digests, digests);
  const { writes } = fixture.leases;
  retention.retain(digests[0]!);
  await retention[Symbol.asyncDispose]();
  assert.equal(fixture.leases.writes, writes);
});

Deno.test("Retention keeps a size that is told once", async () => {
  const fixture = new RetainedFixture();
  fixture.leases.away = true;
  await using retention = new Retention(fixture.layers);
  const digest = await digestOf(uniqueBytes(9));
  retention.retain(digest, 300);
  retention.retain(digest);
  fixture.leases.away = false;
  await until("the layer", () => fixture.layers.kept.bytes === 300, { intervalMs: 5 });
});

Deno.test("Retention looks at everything from time to time", async () => {
  const fixture = new RetainedFixture();
  await using retention = new Retention(fixture.layers, { sweepEveryMs: 20 });
  retention.retain(await fixture.put(100));
  await until("the size", () => fixture.layers.kept.bytes === 100, { intervalMs: 5 });
  fixture.nowMs += 1_000_000;
  await until("the release", () => fixture.leases.kept.size === 0, { intervalMs: 5 });
});

Deno.test("Retention goes on when the store is back, and keeps what was asked for meanwhile", async () => {
  const fixture = new RetainedFixture();
  fixture.leases.away = true;
  await using retention = new Retention(fixture.layers);
  const digest = await fixture.put(100);
  retention.retain(digest);
  await new Promise((resolve) => setTimeout(resolve, 150));
  fixture.leases.away = false;
  await until("the layer", () => fixture.leases.digests.includes(digest), { intervalMs: 5 });
});

Deno.test("Retention remembers a bounded number of layers while the store is away", async () => {
  const fixture = new RetainedFixture({ limitBytes: 1e9 });
  fixture.leases.away = true;
  await using retention = new Retention(fixture.layers);
  const digests = await Promise.all(Array.from({ length: 1_010 }, () => digestOf(uniqueBytes(9))));
  for (const digest of digests) retention.retain(digest, 1);
  fixture.leases.away = false;
  await until("the layers", () => fixture.leases.digests.length === 1_000, { intervalMs: 5 });
  assert.deepEqual(fixture.leases.digests, digests.slice(10));
});

Deno.test("Retention ends at once, also while the store is away, and leaves its leases", async () => {
  const fixture = new RetainedFixture();
  const retention = new Retention(fixture.layers);
  const digest = await fixture.put(100);
  retention.retain(digest);
  await until("the layer", () => fixture.leases.digests.length === 1, { intervalMs: 5 });
  await retention[Symbol.asyncDispose]();
  retention.retain(await fixture.put(100));
  assert.deepEqual(fixture.leases.digests, [digest]);

  fixture.leases.away = true;
  const away = new Retention(fixture.layers);
  away.retain(await fixture.put(100));
  await new Promise((resolve) => setTimeout(resolve, 20));
  await away[Symbol.asyncDispose]();
});
