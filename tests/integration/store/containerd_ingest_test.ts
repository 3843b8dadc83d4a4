import assert from "@std/assert";
import { MIB } from "../../../src/core/units.ts";
import { type Digest, digestOf } from "../../../src/oci/digest.ts";
import { openContainerdStore } from "../../../src/store/containerd/store.ts";
import { ContentNotFoundError, type ContentStore } from "../../../src/store/content_store.ts";
import { IngestLostError } from "../../../src/store/ingest.ts";
import { runCommand } from "../../support/run_command.ts";
import { until } from "../../support/until.ts";
import { uniqueBytes } from "../../store/store_fixture.ts";
import { CONTAINERD_GENERATIONS } from "../setup/tools.ts";
import { openContainerdFixture } from "./containerd_fixture.ts";
import { type PullFixture, startPullFixture } from "./pull_fixture.ts";

/** Several of the steps of 1 MiB in which containerd writes. */
const LAYER_BYTES = 8 * MIB;
/** So that a layer takes about two seconds. */
const BYTES_PER_SECOND = 4 * MIB;
/** When a layer counts as under way. */
const UNDER_WAY_BYTES = 2 * MIB;

/** How the downloads of a real containerd are followed. */
const STEPS: Record<string, (fixture: PullFixture, store: ContentStore) => Promise<void>> = {
  "a pull is followed, byte for byte, from its start and from an offset that has not come": followsPull,
  "manifests and configs that upstream is slow to answer are seen, and waited for": followsQueued,
  "a pull that is cancelled is lost": losesCancelled,
  "containerd is killed in the middle: the pull after its restart is followed on": followsOverRestart,
  "a download that containerd was killed in is none, until a pull goes on with it": losesOrphan,
  "every kind of name is found, in our namespace only": findsEveryKind,
  "a download whose size is not known is seen, but cannot be followed": knowsNoTotal,
  "a writer that begins again is lost": losesRewritten,
};

for (const generation of CONTAINERD_GENERATIONS) {
  Deno.test(`ContainerdStore follows the downloads of containerd ${generation}`, async (t) => {
    await using fixture = await startPullFixture({ generation });
    for (const [what, body] of Object.entries(STEPS)) {
      await t.step(what, async () => {
        await using store = openContainerdStore(fixture.containerd.socket);
        await body(fixture, store);
      });
    }
  });

  Deno.test(`ContainerdStore hears that containerd ${generation} ran out of space`, async () => {
    await using fixture = await startPullFixture({ generation, prepare: smallDisk });
    await using store = openContainerdStore(fixture.containerd.socket);
    const { reference, layers: [layer] } = await fixture.image("lib/full:v1", [{ sizeBytes: 3 * LAYER_BYTES }]);
    const pulling = assert.rejects(() => fixture.containerd.cri.pullImage(reference));
    await underWay(store, layer!.digest, 0);
    const { body } = await store.tail(layer!.digest);
    await assert.rejects(() => new Response(body).bytes(), IngestLostError);
    await pulling;
    assert.equal(await store.ingest(layer!.digest), undefined);
  });
}

async function followsPull({ containerd, upstream, image }: PullFixture, store: ContentStore): Promise<void> {
  const { reference, layers: [layer] } = await image("lib/followed:v1", [{ sizeBytes: LAYER_BYTES }]);
  const { digest, size } = layer!;
  await upstream.setFaults([{ path: digest, bytesPerSecond: BYTES_PER_SECOND }]);
  const pulling = containerd.cri.pullImage(reference);
  assert.equal((await underWay(store, digest, 0)).total, size);
  const [whole, rest] = await Promise.all([
    readTail(store, digest),
    readTail(store, digest, size - 1_000_000),
    pulling,
  ]);
  assert.equal(await digestOf(whole), digest);
  assert.equal(await digestOf(rest), await digestOf(whole.slice(size - 1_000_000)));
  assert.equal(await store.ingest(digest), undefined);
  await assert.rejects(() => store.tail(digest), ContentNotFoundError);
  assert.equal((await store.describe(digest)).size, size);
}

async function followsQueued({ containerd, upstream, image }: PullFixture, store: ContentStore): Promise<void> {
  const { reference, target, manifest, config } = await image("lib/queued:v1", [{ sizeBytes: 1_000 }]);
  const slow = [target, manifest, config];
  await upstream.setFaults(slow.map(({ digest }) => ({ path: digest, delayMs: 700 })));
  const pulling = containerd.cri.pullImage(reference);
  await Promise.all(slow.map(async ({ digest, size }) => {
    await until(`the download of ${digest}`, () => store.ingest(digest), { intervalMs: 10 });
    assert.deepEqual(await store.ingest(digest), { offset: 0, total: size });
    assert.equal(await digestOf(await readTail(store, digest)), digest);
  }));
  await pulling;
}

async function losesCancelled({ containerd, upstream, image }: PullFixture, store: ContentStore): Promise<void> {
  const { reference, layers: [layer] } = await image("lib/cancelled:v1", [{ sizeBytes: LAYER_BYTES }]);
  const { digest } = layer!;
  await upstream.setFaults([{ path: digest, bytesPerSecond: BYTES_PER_SECOND / 2 }]);
  const pulling = assert.rejects(() => containerd.cri.pullImage(reference, { timeoutMs: 2_000 }));
  await underWay(store, digest, 0);
  await assert.rejects(() => readTail(store, digest), IngestLostError);
  await pulling;
  assert.equal(await store.ingest(digest), undefined);
}

async function followsOverRestart({ containerd, upstream, image }: PullFixture, store: ContentStore): Promise<void> {
  const { reference, layers: [layer] } = await image("lib/restarted:v1", [{ sizeBytes: LAYER_BYTES }]);
  const { digest } = layer!;
  await upstream.setFaults([{ path: digest, bytesPerSecond: BYTES_PER_SECOND / 2 }]);
  const pulling = assert.rejects(() => containerd.cri.pullImage(reference));
  await underWay(store, digest, 0);
  const following = readTail(store, digest);
  await underWay(store, digest, UNDER_WAY_BYTES);
  await containerd.stop({ kill: true });
  await pulling;
  const { offset } = (await store.ingest(digest))!;
  await containerd.start();
  await upstream.reset();
  await upstream.setFaults([{ path: digest, bytesPerSecond: BYTES_PER_SECOND }]);
  const again = containerd.cri.pullImage(reference);
  assert.equal(await digestOf(await following), digest);
  await again;
  const ranges = (await upstream.stats()).recent.filter(({ path }) => path.endsWith(digest)).map(({ range }) => range);
  assert.deepEqual(ranges, [`bytes=${offset}-`], "containerd was to go on where it was");
}

async function losesOrphan({ containerd, upstream, image }: PullFixture, store: ContentStore): Promise<void> {
  const { reference, layers: [layer] } = await image("lib/orphan:v1", [{ sizeBytes: LAYER_BYTES }]);
  const { digest } = layer!;
  const ended = new AbortController();
  const watching = Array.fromAsync(store.watch(ended)); // as every node does: from this the store knows of the end
  try {
    await upstream.setFaults([{ path: digest, bytesPerSecond: BYTES_PER_SECOND / 2 }]);
    const pulling = assert.rejects(() => containerd.cri.pullImage(reference));
    await underWay(store, digest, UNDER_WAY_BYTES);
    await containerd.stop({ kill: true });
    await pulling;
    await until("nobody to download", async () => await store.ingest(digest) === undefined);
    await containerd.start();
    assert.equal(await store.ingest(digest), undefined);
    const again = containerd.cri.pullImage(reference);
    await underWay(store, digest, UNDER_WAY_BYTES);
    await again;
  } finally {
    ended.abort();
    await watching;
  }
}

async function findsEveryKind({ containerd }: PullFixture, store: ContentStore): Promise<void> {
  await using ours = openContainerdFixture(containerd, { namespace: "k8s.io" });
  await using theirs = openContainerdFixture(containerd);
  for (const kind of ["manifest", "index", "layer", "config", "attestation", "unknown"]) {
    const bytes = uniqueBytes(1_000);
    const digest = await digestOf(bytes);
    const target = { ref: `${kind}-${digest}`, digest, total: 1_000 };
    const other = await theirs.admin.beginIngest(target);
    assert.equal(await store.ingest(digest), undefined, "another namespace is none of ours");
    const writer = await ours.admin.beginIngest(target);
    await writer.write(bytes.slice(0, 400));
    assert.deepEqual(await store.ingest(digest), { offset: 400, total: 1_000 }, kind);
    await Promise.all([writer.close(), other.close()]);
    await ours.admin.abortIngest(target.ref);
    await theirs.admin.abortIngest(target.ref);
  }
  const digest = await digestOf(uniqueBytes(10));
  const writer = await ours.admin.beginIngest({ ref: `test-${digest}`, digest, total: 10 });
  assert.equal(await store.ingest(digest), undefined);
  await writer.close();
}

async function knowsNoTotal({ containerd }: PullFixture, store: ContentStore): Promise<void> {
  await using ours = openContainerdFixture(containerd, { namespace: "k8s.io" });
  const bytes = uniqueBytes(1_000);
  const digest = await digestOf(bytes);
  const writer = await ours.admin.beginIngest({ ref: `layer-${digest}`, digest, total: 0 });
  await writer.write(bytes);
  assert.deepEqual(await store.ingest(digest), { offset: 1_000, total: undefined });
  await assert.rejects(() => store.tail(digest), ContentNotFoundError);
  await writer.close();
}

async function losesRewritten({ containerd }: PullFixture, store: ContentStore): Promise<void> {
  await using ours = openContainerdFixture(containerd, { namespace: "k8s.io" });
  const bytes = uniqueBytes(1_000);
  const digest = await digestOf(bytes);
  const writer = await ours.admin.beginIngest({ ref: `layer-${digest}`, digest, total: 1_000 });
  await writer.write(bytes.slice(0, 400));
  const reader = (await store.tail(digest)).body.getReader();
  assert.equal((await reader.read()).value?.length, 400);
  const lost = assert.rejects(() => reader.read(), IngestLostError);
  await writer.write(bytes.slice(0, 100), 0);
  assert.deepEqual(await store.ingest(digest), { offset: 100, total: 1_000 }, "containerd was to begin again");
  await lost;
  const { body } = await store.tail(digest);
  await writer.write(bytes.slice(100));
  await writer.commit();
  assert.deepEqual(await new Response(body).bytes(), bytes);
}

async function underWay(store: ContentStore, digest: Digest, bytes: number): Promise<{ total: number | undefined }> {
  return await until(`${bytes} bytes of a download`, async () => {
    const status = await store.ingest(digest);
    return status && status.offset >= bytes ? status : undefined;
  }, { intervalMs: 10 });
}

async function readTail(store: ContentStore, digest: Digest, offset = 0): Promise<Uint8Array<ArrayBuffer>> {
  return await new Response((await store.tail(digest, { offset })).body).bytes();
}

/** Gives containerd's content a file system of its own, which holds two thirds of the image. */
async function smallDisk(dir: string): Promise<AsyncDisposable> {
  const path = `${dir}/root/io.containerd.content.v1.content`;
  await Deno.mkdir(path, { recursive: true });
  await runCommand("mount", ["-t", "tmpfs", "-o", `size=${2 * LAYER_BYTES}`, "tmpfs", path]);
  return {
    async [Symbol.asyncDispose]() {
      await runCommand("umount", [path]);
    },
  };
}
