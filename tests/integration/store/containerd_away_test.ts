import assert from "@std/assert";
import { digestOf } from "../../../src/oci/digest.ts";
import { ContentNotFoundError, StoreUnavailableError } from "../../../src/store/content_store.ts";
import { openContainerdStore } from "../../../src/store/containerd/store.ts";
import { putImage, uniqueBytes } from "../../store/store_fixture.ts";
import { WatchedStore } from "../../store/watched_store.ts";
import { freeze } from "../../support/freeze.ts";
import { until } from "../../support/until.ts";
import type { Containerd } from "../harness/containerd.ts";
import { CONTAINERD_GENERATIONS } from "../setup/tools.ts";
import { openContainerdFixture, startOwnContainerd } from "./containerd_fixture.ts";

/** What a store may take to say that containerd does not answer, and what a busy machine may add. */
const UNAVAILABLE_MS = 2_000 + 1_000;

/** What a store does while a real containerd is not there. */
const STEPS: Record<string, (containerd: Containerd) => Promise<void>> = {
  "containerd is killed and comes back": survivesRestart,
  "containerd hangs and goes on": survivesHanging,
  "containerd is not there when the store is opened": waitsForStart,
  "proxy variables are set": ignoresProxies,
};

for (const generation of CONTAINERD_GENERATIONS) {
  Deno.test(`ContainerdStore lives on when containerd ${generation} does not`, async (t) => {
    await using own = await startOwnContainerd(generation);
    for (const [what, body] of Object.entries(STEPS)) await t.step(what, () => body(own.containerd));
  });
}

async function survivesRestart(containerd: Containerd): Promise<void> {
  await using fixture = openContainerdFixture(containerd);
  const { store } = fixture;
  const [image, other] = [await putImage(fixture), await putImage(fixture)];
  await fixture.name("registry.test/team/app:v1", image.index);
  await fixture.name("registry.test/team/app:v2", other.index);
  await using watched = new WatchedStore(store);
  await watched.untilSynced();
  const { blobs, synced } = { blobs: new Map(watched.blobs), synced: watched.synced };
  await containerd.stop({ kill: true });

  const layer = await new Response(await store.open(image.layer)).bytes();
  assert.equal(await digestOf(layer), image.layer, "what was told before is still served");
  assert.equal((await store.describe(image.manifest)).digest, image.manifest);
  assert.deepEqual(await store.sources(image.layer), [{ registry: "registry.test", repository: "team/app" }]);
  const unknown = await digestOf(uniqueBytes(10));
  await rejectsFast(() => store.describe(unknown));
  await rejectsFast(() => store.open(unknown));
  await rejectsFast(() => store.sources(unknown));
  await rejectsFast(() => store.resolve("registry.test/team/app:v1"));
  assert.deepEqual(watched.blobs, blobs, "nothing is gone only because containerd is away");

  await containerd.start();
  await fixture.unname("registry.test/team/app:v2");
  const fresh = await fixture.put(uniqueBytes(100));
  await watched.until("another listing", () => watched.synced > synced);
  await watched.until("what changed", () => watched.blobs.has(fresh) && !watched.tags.has("registry.test/team/app:v2"));
  assert.equal(await store.resolve("registry.test/team/app:v1"), image.index);
  const told = watched.events.filter((event) => event.type === "blob" && event.digest === image.manifest);
  assert.equal(told.length, 1, "what did not change is not told again");
  assert.ok(!watched.ended);
}

async function survivesHanging(containerd: Containerd): Promise<void> {
  await using fixture = openContainerdFixture(containerd);
  const known = await fixture.put(uniqueBytes(100));
  await using watched = new WatchedStore(fixture.store);
  await watched.untilSynced();
  try {
    await freeze(containerd.process.pid);
    const unknown = await digestOf(uniqueBytes(10));
    await rejectsFast(() => fixture.store.describe(unknown));
    await rejectsFast(() => fixture.store.resolve("registry.test/team/app:v1"));
    await (await fixture.store.open(known)).cancel();
    const signal = AbortSignal.timeout(100);
    await assert.rejects(() => fixture.store.describe(unknown, { signal }), { name: "TimeoutError" });
  } finally {
    containerd.process.signal("SIGCONT");
  }
  const fresh = await fixture.put(uniqueBytes(100));
  await watched.until("a fresh blob", () => watched.blobs.has(fresh));
}

async function waitsForStart(containerd: Containerd): Promise<void> {
  await containerd.stop();
  const namespace = crypto.randomUUID();
  await using store = openContainerdStore(containerd.socket, { namespace });
  await using watched = new WatchedStore(store);
  await rejectsFast(() => store.resolve("registry.test/team/app:v1"));
  assert.deepEqual(watched.events, []);
  await containerd.start();
  await watched.untilSynced();
  await using fixture = openContainerdFixture(containerd, { namespace });
  const digest = await fixture.put(uniqueBytes(100));
  await watched.until("the blob", () => watched.blobs.has(digest));
}

async function ignoresProxies(containerd: Containerd): Promise<void> {
  const names = ["http_proxy", "HTTP_PROXY", "grpc_proxy", "https_proxy", "all_proxy"];
  for (const name of names) Deno.env.set(name, "http://127.0.0.1:1");
  try {
    await using store = openContainerdStore(containerd.socket);
    await until("an answer", async () => {
      const digest = await digestOf(uniqueBytes(10));
      await assert.rejects(() => store.describe(digest), ContentNotFoundError);
      return true;
    }, { timeoutMs: 3_000 });
  } finally {
    for (const name of names) Deno.env.delete(name);
  }
}

async function rejectsFast(call: () => Promise<unknown>): Promise<void> {
  const startedMs = performance.now();
  await assert.rejects(call, StoreUnavailableError);
  const tookMs = performance.now() - startedMs;
  assert.ok(tookMs < UNAVAILABLE_MS, `it took ${Math.round(tookMs)} ms`);
}
