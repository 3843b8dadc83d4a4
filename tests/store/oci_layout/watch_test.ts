import assert from "@std/assert";
import { digestOf } from "../../../src/oci/digest.ts";
import { MEDIA_TYPE } from "../../../src/oci/media_type.ts";
import { blobPath } from "../../../src/store/blob_path.ts";
import { ContentNotFoundError } from "../../../src/store/content_store.ts";
import { openLayoutStore } from "../../../src/store/oci_layout/store.ts";
import { LayoutWriter } from "../../../src/store/oci_layout/writer.ts";
import { tempDir } from "../../support/temp_dir.ts";
import { jsonBytes, uniqueBytes } from "../store_fixture.ts";
import { WatchedStore } from "../watched_store.ts";
import { openLayoutFixture } from "./layout_fixture.ts";

Deno.test("openLayoutStore() throws NotFound where there is no directory", async () => {
  await using dir = await tempDir();
  await assert.rejects(openLayoutStore(`${dir.path}/absent`), Deno.errors.NotFound);
  await Deno.writeTextFile(`${dir.path}/file`, "");
  await assert.rejects(openLayoutStore(`${dir.path}/file`), Deno.errors.NotFound);
});

Deno.test("LayoutStore watches a directory that is filled only later", async () => {
  await using dir = await tempDir();
  await using store = await openLayoutStore(dir.path);
  await using watched = new WatchedStore(store);
  await watched.untilSynced();
  assert.deepEqual([...watched.blobs], []);
  const writer = await LayoutWriter.open(dir.path);
  const bytes = uniqueBytes(100);
  const [one, two] = [await digestOf(bytes), await digestOf(bytes, "sha512")];
  await writer.write({ digest: one, size: 100 }, new Blob([bytes]).stream());
  await watched.until("the sha256 blob", () => watched.blobs.has(one));
  await writer.write({ digest: two, size: 100 }, new Blob([bytes]).stream());
  await watched.until("the sha512 blob", () => watched.blobs.has(two));
});

Deno.test("LayoutStore watches through a link", async () => {
  await using layout = await openLayoutFixture();
  await using dir = await tempDir();
  await Deno.symlink(layout.root, `${dir.path}/link`);
  await using store = await openLayoutStore(`${dir.path}/link/`);
  await using watched = new WatchedStore(store);
  await watched.untilSynced();
  const digest = await layout.put(uniqueBytes(100));
  await layout.name("registry.test/team/app:v1", digest);
  await watched.until("the tag", () => watched.tags.get("registry.test/team/app:v1") === digest);
});

Deno.test("LayoutStore watches directories that are replaced", async () => {
  await using layout = await openLayoutFixture();
  const before = await layout.put(uniqueBytes(100));
  await using watched = new WatchedStore(layout.store);
  await watched.untilSynced();
  await Deno.remove(`${layout.root}/blobs`, { recursive: true });
  await watched.until("the end of the blob", () => !watched.blobs.has(before));
  await Deno.mkdir(`${layout.root}/blobs`);
  const after = await layout.put(uniqueBytes(100));
  await watched.until("the blob", () => watched.blobs.has(after));
});

Deno.test("LayoutStore lives with an index.json that is broken, and with files that are no blobs", async () => {
  await using layout = await openLayoutFixture();
  const digest = await layout.put(uniqueBytes(100));
  await layout.name("registry.test/team/app:v1", digest);
  await Deno.mkdir(blobPath(layout.root, await digestOf(uniqueBytes(1))));
  await Deno.writeTextFile(`${layout.root}/blobs/sha256/.part`, "");
  await using watched = new WatchedStore(layout.store);
  await watched.until("the tag", () => watched.tags.has("registry.test/team/app:v1"));
  assert.deepEqual([...watched.blobs.keys()], [digest]);
  for (const text of ["", "{broken", "[]", '{"manifests":[null,{"annotations":[]}]}']) {
    await Deno.writeTextFile(`${layout.root}/index.json`, text);
    await watched.until(`the end of the tag after ${text}`, () => watched.tags.size === 0);
    await assert.rejects(layout.store.resolve("registry.test/team/app:v1"), ContentNotFoundError);
    assert.deepEqual(await layout.store.sources(digest), []);
    await Deno.writeTextFile(`${layout.root}/index.json`, '{"manifests":[]}');
    await layout.name("registry.test/team/app:v1", digest);
    await watched.until("the tag", () => watched.tags.has("registry.test/team/app:v1"));
  }
});

Deno.test("LayoutStore learns the type of a manifest that is written in place", async () => {
  await using layout = await openLayoutFixture();
  const bytes = jsonBytes({ schemaVersion: 2, manifests: [], seed: crypto.randomUUID() });
  const digest = await digestOf(bytes);
  await layout.put(uniqueBytes(1)); // makes the directory
  await using watched = new WatchedStore(layout.store);
  await watched.untilSynced();
  const file = await Deno.open(blobPath(layout.root, digest), { write: true, createNew: true });
  await file.write(bytes.subarray(0, 10));
  await watched.until("the beginning", () => watched.blobs.get(digest)?.mediaType === MEDIA_TYPE.octetStream);
  await file.write(bytes.subarray(10));
  file.close();
  await watched.until("the whole", () => watched.blobs.get(digest)?.mediaType === MEDIA_TYPE.ociIndex);
});
