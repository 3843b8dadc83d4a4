import assert from "@std/assert";
import { Announcer } from "../../src/announce/announcer.ts";
import { type Digest, digestOf } from "../../src/oci/digest.ts";
import { registryFilter, type RegistryFilterOptions } from "../../src/oci/filter.ts";
import { MEDIA_TYPE } from "../../src/oci/media_type.ts";
import type { KeyAnnouncer } from "../../src/routing/router.ts";
import type { ContentEvent, ContentWatcher } from "../../src/store/content_store.ts";
import { MemoryStore } from "../../src/store/memory_store.ts";
import { until } from "../support/until.ts";

/** A router that keeps what it is told, and can be made to refuse. */
class RecordingRouter implements KeyAnnouncer {
  readonly keys = new Set<string>();
  refusing = false;
  calls = 0;

  announce(keys: Iterable<string>): void {
    this.calls++;
    if (this.refusing) throw new Error("not now");
    for (const key of keys) this.keys.add(key);
  }

  withdraw(keys: Iterable<string>): void {
    if (this.refusing) throw new Error("not now");
    for (const key of keys) this.keys.delete(key);
  }
}

/** A store whose watching does what a test says, one script for each time it is watched. */
function scriptedStore(...scripts: ContentEvent[][]): ContentWatcher & { watched: number } {
  return {
    watched: 0,
    async *watch({ signal }) {
      const script = scripts[this.watched++];
      yield* script ?? [];
      if (script !== scripts.at(-1)) throw new Error("broken");
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    },
  };
}

function setup(options: RegistryFilterOptions = {}) {
  const store = new MemoryStore();
  const router = new RecordingRouter();
  const announcer = new Announcer({ store, router, filter: registryFilter(options) });
  const keys = (wanted: string[]) =>
    until(`the keys ${wanted}`, () => `${[...router.keys].sort()}` === `${[...wanted].sort()}`, { timeoutMs: 5_000 });
  return { store, router, announcer, keys };
}

async function someDigest(): Promise<Digest> {
  return await digestOf(crypto.getRandomValues(new Uint8Array(16)));
}

function text(value: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(value);
}

async function putManifest(store: MemoryStore, layer: Digest): Promise<Digest> {
  const config = { mediaType: MEDIA_TYPE.ociConfig, digest: await someDigest(), size: 2 };
  const layers = [{ mediaType: MEDIA_TYPE.octetStream, digest: layer, size: 5 }];
  return await store.put(text(JSON.stringify({ schemaVersion: 2, config, layers })));
}

Deno.test("Announcer announces every blob and tag, and withdraws what goes", async () => {
  const { store, announcer, keys } = setup();
  await using _ = announcer;
  const layer = await store.put(text("layer"));
  const manifest = await putManifest(store, layer);
  store.tag("registry.test/team/app:v1", manifest);
  await keys([layer, manifest, "registry.test/team/app:v1"]);
  store.untag("registry.test/team/app:v1");
  await keys([layer, manifest]);
  store.delete(layer);
  await keys([manifest]);
});

Deno.test("Announcer announces a tag that moves once", async () => {
  const { store, router, announcer, keys } = setup();
  await using _ = announcer;
  const [one, two] = [await store.put(text("one")), await store.put(text("two"))];
  store.tag("registry.test/team/app:v1", one);
  await keys([one, two, "registry.test/team/app:v1"]);
  const { calls } = router;
  store.tag("registry.test/team/app:v1", two);
  const three = await store.put(text("three"));
  await keys([one, two, three, "registry.test/team/app:v1"]);
  assert.equal(router.calls, calls + 1);
});

Deno.test("Announcer counts what it announces by registry", async () => {
  const { store, announcer, keys } = setup();
  await using _ = announcer;
  const layer = await store.put(text("layer"), { sources: [{ registry: "other.test", repository: "copy" }] });
  const manifest = await putManifest(store, layer);
  const loose = await store.put(text("loose"));
  store.tag("registry.test:5000/team/app:v1", manifest);
  store.tag("registry.test:5000/team/app:v2", manifest);
  await keys([layer, manifest, loose, "registry.test:5000/team/app:v1", "registry.test:5000/team/app:v2"]);
  await until("the sources", () => announcer.counts().contentDigests["registry.test:5000"] === 2);
  assert.deepEqual(announcer.counts(), {
    imageTags: { "registry.test:5000": 2 },
    imageDigests: { "registry.test:5000": 1 },
    contentDigests: { "registry.test:5000": 2, "other.test": 1 },
  });
});

Deno.test("Announcer announces only what the filters let through, once it is known where it came from", async () => {
  const { store, announcer, keys } = setup({ filters: [/:latest$/, /^registry\.test\/secret\//] });
  await using _ = announcer;
  const sources = [{ registry: "registry.test", repository: "secret/app" }];
  const shared = await store.put(text("shared"), { sources });
  const secret = await store.put(text("secret"), { sources });
  const unknown = await store.put(text("unknown"));
  store.tag("registry.test/team/app:latest", shared);
  store.tag("registry.test/secret/app:v1", secret);
  await keys([shared]);
  store.tag("registry.test/team/app:v1", unknown);
  await keys([shared, unknown, "registry.test/team/app:v1"]);
  store.untag("registry.test/team/app:latest");
  await keys([unknown, "registry.test/team/app:v1"]);
});

Deno.test("Announcer announces only what the mirrored registries have", async () => {
  const { store, announcer, keys } = setup({ registries: ["registry.test:5000"] });
  await using _ = announcer;
  const labelled = await store.put(text("one"), { sources: [{ registry: "registry.test", repository: "team/app" }] });
  const other = await store.put(text("two"), { sources: [{ registry: "other.test", repository: "team/app" }] });
  store.tag("other.test/team/app:v1", other);
  store.tag("registry.test:5000/team/app:v1", labelled);
  await keys([labelled, "registry.test:5000/team/app:v1"]);
});

Deno.test("Announcer tries again what the router refused, after the next listing", async () => {
  const [one, two] = [await someDigest(), await someDigest()];
  const blob = (digest: Digest): ContentEvent => ({
    type: "blob",
    digest,
    mediaType: MEDIA_TYPE.octetStream,
    sources: [],
  });
  const router = new RecordingRouter();
  const { promise, resolve } = Promise.withResolvers<void>();
  const store: ContentWatcher = {
    async *watch({ signal }) {
      router.refusing = true;
      yield blob(one);
      yield blob(two);
      yield { type: "blob-gone", digest: two };
      router.refusing = false;
      assert.deepEqual([...router.keys], []);
      yield { type: "synced" };
      resolve();
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    },
  };
  await using announcer = new Announcer({ store, router, filter: registryFilter() });
  await promise;
  assert.deepEqual([...router.keys], [one]);
  assert.deepEqual(announcer.counts().contentDigests, {});
});

Deno.test("Announcer outlives an event that makes no sense", async () => {
  const digest = await someDigest();
  const store = scriptedStore([
    { type: "tag", tag: "nonsense", digest },
    { type: "blob", digest, mediaType: MEDIA_TYPE.octetStream, sources: [] },
    { type: "synced" },
  ]);
  const router = new RecordingRouter();
  await using _ = new Announcer({ store, router, filter: registryFilter() });
  await until("the blob", () => router.keys.has(digest));
});

Deno.test("Announcer watches again when the watching breaks, and withdraws what is gone by then", async () => {
  const [stays, goes] = [await someDigest(), await someDigest()];
  const blob = (digest: Digest): ContentEvent => ({
    type: "blob",
    digest,
    mediaType: MEDIA_TYPE.octetStream,
    sources: [],
  });
  const store = scriptedStore([blob(stays), blob(goes), { type: "synced" }], [blob(stays), { type: "synced" }]);
  const router = new RecordingRouter();
  await using _ = new Announcer({ store, router, filter: registryFilter() });
  await until("the second watching", () => store.watched === 2 && !router.keys.has(goes), { timeoutMs: 5_000 });
  assert.deepEqual([...router.keys], [stays]);
  assert.equal(router.calls, 2);
});
