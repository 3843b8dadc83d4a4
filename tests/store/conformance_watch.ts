import assert from "@std/assert";
import { MEDIA_TYPE } from "../../src/oci/media_type.ts";
import { putImage, type RegisterStoreTest, uniqueBytes } from "./store_fixture.ts";
import { WatchedStore } from "./watched_store.ts";

/** More than a watcher keeps apart. */
const BURST = 400;

/** Registers the tests of `watch()`. */
export function testWatch(test: RegisterStoreTest): void {
  testListing(test);
  testChanges(test);
  testEnds(test);
}

function testListing(test: RegisterStoreTest): void {
  test("watch() tells what is there, then that this was all", async (fixture) => {
    const image = await putImage(fixture);
    const loose = await fixture.put(uniqueBytes(100));
    await fixture.name("registry.test/team/app:v1", image.index);
    await fixture.name(`registry.test/team/app@${image.index}`, image.index);
    await fixture.name(`registry.test/team/other:v2@${image.index}`, image.index);
    await using watched = new WatchedStore(fixture.store);
    await watched.untilSynced();
    const sources = ["registry.test/team/app", "registry.test/team/other"];
    assert.deepEqual(
      watched.blobs,
      new Map([
        [image.index, { mediaType: MEDIA_TYPE.ociIndex, sources }],
        [image.manifest, { mediaType: MEDIA_TYPE.ociManifest, sources }],
        [image.config, { mediaType: MEDIA_TYPE.octetStream, sources }],
        [image.layer, { mediaType: MEDIA_TYPE.octetStream, sources }],
        [loose, { mediaType: MEDIA_TYPE.octetStream, sources: [] }],
      ]),
    );
    assert.deepEqual(watched.tags, new Map([["registry.test/team/app:v1", image.index]]));
    assert.equal(watched.events.at(-1)?.type, "synced");
  });

  test("watch() of an empty store says so", async (fixture) => {
    await using watched = new WatchedStore(fixture.store);
    await watched.untilSynced();
    assert.deepEqual(watched.events, [{ type: "synced" }]);
  });

  test("watch() leaves out tags whose manifest is not there", async (fixture) => {
    const image = await putImage(fixture);
    await fixture.name("registry.test/team/app:v1", image.manifest);
    await fixture.remove(image.manifest);
    await using watched = new WatchedStore(fixture.store);
    await watched.untilSynced();
    assert.deepEqual(watched.tags, new Map());
  });
}

function testChanges(test: RegisterStoreTest): void {
  test("watch() tells blobs that come and go", async (fixture) => {
    await using watched = new WatchedStore(fixture.store);
    await watched.untilSynced();
    const digest = await fixture.put(uniqueBytes(100));
    await watched.until("the blob", () => watched.blobs.has(digest));
    assert.deepEqual(watched.blobs.get(digest), { mediaType: MEDIA_TYPE.octetStream, sources: [] });
    await fixture.remove(digest);
    await watched.until("the end of the blob", () => !watched.blobs.has(digest));
  });

  test("watch() tells tags that come, move and go", async (fixture) => {
    const [one, two] = [await putImage(fixture), await putImage(fixture)];
    await using watched = new WatchedStore(fixture.store);
    await watched.untilSynced();
    const tag = "registry.test/team/app:v1";
    await fixture.name(tag, one.index);
    await watched.until("the tag", () => watched.tags.get(tag) === one.index);
    await fixture.name(tag, two.index);
    await watched.until("the move", () => watched.tags.get(tag) === two.index);
    await fixture.unname(tag);
    await watched.until("the end of the tag", () => !watched.tags.has(tag));
    assert.ok(watched.blobs.has(one.index), "a digest outlives its tag");
  });

  test("watch() tells that a tag is gone when its manifest is", async (fixture) => {
    const image = await putImage(fixture);
    const tag = "registry.test/team/app:v1";
    await fixture.name(tag, image.manifest);
    await using watched = new WatchedStore(fixture.store);
    await watched.until("the tag", () => watched.tags.has(tag));
    await fixture.remove(image.manifest);
    await watched.until("the end of the tag", () => !watched.tags.has(tag));
    assert.ok(!watched.blobs.has(image.manifest));
  });

  test("watch() tells a blob again when its sources change", async (fixture) => {
    const image = await putImage(fixture);
    await using watched = new WatchedStore(fixture.store);
    await watched.untilSynced();
    const sources = () => `${watched.blobs.get(image.layer)?.sources}`;
    assert.equal(sources(), "");
    await fixture.name("registry.test/team/app:v1", image.index);
    await watched.until("the source", () => sources() === "registry.test/team/app");
    await fixture.unname("registry.test/team/app:v1");
    await watched.until("the end of the source", () => sources() === "");
  });

  test("watch() follows a burst", async (fixture) => {
    await using watched = new WatchedStore(fixture.store);
    await watched.untilSynced();
    const put = await Promise.all(Array.from({ length: BURST }, () => fixture.put(uniqueBytes(20))));
    await watched.until("all blobs", () => put.every((digest) => watched.blobs.has(digest)));
    await Promise.all(put.slice(1).map((digest) => fixture.remove(digest)));
    await watched.until("their end", () => watched.blobs.size === 1, 20_000);
    assert.deepEqual([...watched.blobs.keys()], put.slice(0, 1));
  });
}

function testEnds(test: RegisterStoreTest): void {
  test("watch() ends without an error when its signal aborts", async (fixture) => {
    await fixture.put(uniqueBytes(100));
    const watched = new WatchedStore(fixture.store);
    await watched.untilSynced();
    await watched[Symbol.asyncDispose]();
    assert.ok(watched.ended);
  });

  test("watch() tells nothing when its signal is aborted already", async (fixture) => {
    await fixture.put(uniqueBytes(100));
    const events = await Array.fromAsync(fixture.store.watch({ signal: AbortSignal.abort() }));
    assert.deepEqual(events, []);
  });

  test("watch() lets go of everything when its consumer has enough", async (fixture) => {
    await fixture.put(uniqueBytes(100));
    for await (const event of fixture.store.watch({ signal: new AbortController().signal })) {
      assert.equal(event.type, "blob");
      break;
    }
  });

  test("watch() serves two watchers", async (fixture) => {
    await using one = new WatchedStore(fixture.store);
    await using two = new WatchedStore(fixture.store);
    await one.untilSynced();
    await two.untilSynced();
    const digest = await fixture.put(uniqueBytes(100));
    await one.until("the blob", () => one.blobs.has(digest));
    await two.until("the blob", () => two.blobs.has(digest));
  });
}
