import assert from "@std/assert";
import { MIB, SECOND_MS } from "../../../src/core/units.ts";
import { type Digest, digestOf } from "../../../src/oci/digest.ts";
import { freeSpace } from "../../../src/retain/free_space.ts";
import { releaseAll } from "../../../src/retain/release.ts";
import { RetainedLayers, type RetainedLayersOptions } from "../../../src/retain/retained_layers.ts";
import { ContainerdClient } from "../../../src/store/containerd/client.ts";
import { ContainerdLeases } from "../../../src/store/containerd/leases.ts";
import { openContainerdStore } from "../../../src/store/containerd/store.ts";
import { ContentNotFoundError, type ContentStore } from "../../../src/store/content_store.ts";
import { until } from "../../support/until.ts";
import { CONTAINERD_GENERATIONS } from "../setup/tools.ts";
import { type PullFixture, startPullFixture } from "./pull_fixture.ts";

/** How long containerd may take to collect what nothing keeps: it has done so before most pulls have returned. */
const COLLECTED_MS = 1_500;

const LAYERS = [{ sizeBytes: MIB }, { sizeBytes: MIB / 2 }];

/** What the steps work with. */
interface Kept extends PullFixture {
  leases: ContainerdLeases;
  store: ContentStore;
  /** Keeps layers with options that differ from an hour, a GiB, and any space. */
  retain(options?: Partial<RetainedLayersOptions>): RetainedLayers;
}

/** What leases do on a real containerd that discards the layers it has unpacked. */
const STEPS: Record<string, (kept: Kept) => Promise<void>> = {
  "a layer that nothing keeps is discarded": discards,
  "a layer that was asked for is kept, over the pull and the removal of its image": keeps,
  "a config that is kept keeps no unpacked file system": keepsNoSnapshots,
  "what has to make room is gone": makesRoom,
  "what was kept long enough is gone": expires,
  "without Peili, containerd removes what was kept long enough": expiresAlone,
  "what an earlier run kept is known, also when containerd was killed meanwhile": adopts,
  "all that was kept is released, and nobody else's leases": releasesAll,
};

for (const generation of CONTAINERD_GENERATIONS) {
  Deno.test(`RetainedLayers keeps layers on containerd ${generation}`, async (t) => {
    await using fixture = await startPullFixture({ generation, config: { discardUnpackedLayers: true } });
    const { socket, contentPath } = fixture.containerd;
    for (const [what, body] of Object.entries(STEPS)) {
      await t.step(what, async () => {
        await using store = openContainerdStore(socket);
        using client = new ContainerdClient(socket, "k8s.io");
        const leases = new ContainerdLeases(client);
        const components = { leases, store, freeSpace: () => freeSpace(contentPath), released: () => {} };
        const retain = (options: Partial<RetainedLayersOptions> = {}) =>
          new RetainedLayers(components, { durationMs: 3_600_000, limitBytes: 2 ** 30, minFreePercent: 0, ...options });
        await body({ ...fixture, leases, store, retain });
        await releaseAll(leases);
      });
    }
  });
}

async function discards({ containerd, store, image }: Kept): Promise<void> {
  const { reference, layers, config } = await image("lib/discarded:v1", LAYERS);
  await containerd.cri.pullImage(reference);
  for (const { digest } of layers) await isGone(store, digest);
  await store.describe(config.digest);
}

async function keeps({ containerd, store, image, retain, leases }: Kept): Promise<void> {
  const { reference, layers: [layer, other] } = await image("lib/kept:v1", LAYERS);
  const retained = retain();
  await retained.add(layer!.digest, undefined);
  await containerd.cri.pullImage(reference);
  await isGone(store, other!.digest);
  await stays(store, layer!.digest);
  await retained.sweep();
  assert.equal(retained.kept.bytes, layer!.size);
  const [{ id } = { id: "" }, ...more] = await leases.list();
  assert.deepEqual([await leases.contents(id), more], [[layer!.digest], []]);
  await containerd.cri.removeImage(reference);
  await stays(store, layer!.digest);
}

async function keepsNoSnapshots({ containerd, store, image, retain }: Kept): Promise<void> {
  const { reference, config } = await image("lib/config:v1", LAYERS);
  const before = await containerd.ctr("snapshots", "ls");
  await retain().add(config.digest, config.size);
  await containerd.cri.pullImage(reference);
  assert.notEqual(await containerd.ctr("snapshots", "ls"), before);
  await containerd.cri.removeImage(reference);
  await stays(store, config.digest);
  assert.equal(await containerd.ctr("snapshots", "ls"), before);
}

async function makesRoom({ containerd, store, image, retain }: Kept): Promise<void> {
  const { reference, layers: [large, small] } = await image("lib/room:v1", LAYERS);
  const retained = retain({ limitBytes: large!.size + 1 });
  for (const { digest, size } of [large!, small!]) await retained.add(digest, size);
  await containerd.cri.pullImage(reference);
  await isGone(store, large!.digest);
  await stays(store, small!.digest);
  await retained.add(large!.digest, large!.size); // too late: it is kept as soon as it comes again
  await isGone(store, small!.digest);
  await containerd.cri.removeImage(reference);
  await containerd.cri.pullImage(reference);
  await stays(store, large!.digest);
}

async function expires({ containerd, store, image, retain, leases }: Kept): Promise<void> {
  const { reference, layers: [layer] } = await image("lib/expired:v1", LAYERS);
  const clock = { nowMs: Date.now() };
  const retained = retain({ durationMs: 60 * SECOND_MS, now: () => clock.nowMs });
  await retained.add(layer!.digest, layer!.size);
  await containerd.cri.pullImage(reference);
  clock.nowMs += 50 * SECOND_MS;
  await retained.sweep();
  await stays(store, layer!.digest);
  clock.nowMs += 20 * SECOND_MS;
  await retained.sweep();
  await isGone(store, layer!.digest);
  assert.deepEqual([retained.kept.layers, await leases.list()], [0, []]);
}

async function expiresAlone({ containerd, store, image, retain, leases }: Kept): Promise<void> {
  const { reference, layers: [layer] } = await image("lib/alone:v1", LAYERS);
  const other = await image("lib/collects:v1", [{ sizeBytes: 1_000 }]);
  await containerd.cri.pullImage(other.reference);
  await retain({ durationMs: 2_000 }).add(layer!.digest, layer!.size);
  await containerd.cri.pullImage(reference);
  await store.describe(layer!.digest);
  await new Promise((resolve) => setTimeout(resolve, 3_500));
  await containerd.cri.removeImage(other.reference); // any removal makes containerd collect
  await isGone(store, layer!.digest);
  assert.deepEqual(await leases.list(), []);
}

async function adopts({ containerd, image, retain, leases }: Kept): Promise<void> {
  const { reference, layers: [layer, other] } = await image("lib/adopted:v1", LAYERS);
  const before = retain();
  for (const { digest } of [layer!, other!]) await before.add(digest, undefined);
  await containerd.cri.pullImage(reference);
  await containerd.restart({ kill: true });
  await until("containerd to answer", () => leases.list());
  const after = retain({ limitBytes: layer!.size + other!.size });
  await after.sweep();
  assert.deepEqual([after.kept.layers, after.kept.bytes], [2, layer!.size + other!.size]);
  await after.add(await digestOf(new Uint8Array(7)), 7);
  assert.equal((await leases.list()).length, 1);
  assert.equal(after.kept.layers, 2, "one had to make room");
}

async function releasesAll({ containerd, store, image, retain, leases }: Kept): Promise<void> {
  const { reference, layers: [ours, theirs] } = await image("lib/released:v1", LAYERS);
  await containerd.ctr("leases", "create", "--id", "theirs");
  await leases.add("theirs", theirs!.digest);
  await retain().add(ours!.digest, ours!.size);
  await containerd.cri.pullImage(reference);
  await stays(store, ours!.digest);
  assert.equal(await releaseAll(leases), 1);
  await assert.rejects(
    () => store.describe(ours!.digest),
    ContentNotFoundError,
    "the release waits for the collection",
  );
  await stays(store, theirs!.digest);
  await containerd.ctr("leases", "delete", "theirs");
}

async function isGone(store: ContentStore, digest: Digest): Promise<void> {
  await until("the collection of a layer", () => store.describe(digest).then(() => false, isAbsence), {
    timeoutMs: 5_000,
  });
  await assert.rejects(() => store.open(digest), ContentNotFoundError);
}

async function stays(store: ContentStore, digest: Digest): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, COLLECTED_MS));
  assert.equal(await digestOf(await new Response(await store.open(digest)).bytes()), digest);
}

function isAbsence(reason: unknown): boolean {
  return reason instanceof ContentNotFoundError;
}
