import assert from "@std/assert";
import { type Digest, digestOf } from "../../../src/oci/digest.ts";
import { MEDIA_TYPE } from "../../../src/oci/media_type.ts";
import { blobPath } from "../../../src/store/blob_path.ts";
import { ContentMismatchError } from "../../../src/store/blob_writer.ts";
import { LayoutWriter } from "../../../src/store/oci_layout/writer.ts";
import { uniqueBytes } from "../store_fixture.ts";
import { openLayoutFixture } from "./layout_fixture.ts";

Deno.test("LayoutWriter.write() makes a read-only file out of the right bytes, of sha512 too", async () => {
  await using layout = await openLayoutFixture();
  const bytes = uniqueBytes(300_000);
  const digest = await digestOf(bytes, "sha512");
  await layout.writer.write({ digest, size: bytes.length }, new Blob([bytes]).stream());
  const path = blobPath(layout.root, digest);
  assert.deepEqual(await Deno.readFile(path), bytes);
  assert.equal((await Deno.stat(path)).mode! & 0o777, 0o444);
  assert.deepEqual(await new Response(await layout.store.open(digest)).bytes(), bytes);
});

Deno.test("LayoutWriter.write() throws ContentMismatchError for wrong bytes and leaves nothing behind", async () => {
  await using layout = await openLayoutFixture();
  const bytes = uniqueBytes(1_000);
  const digest = await digestOf(bytes);
  const wrong = { longer: uniqueBytes(1_001), shorter: bytes.slice(0, 999), other: uniqueBytes(1_000) };
  for (const [what, stream] of Object.entries(wrong)) {
    const writing = layout.writer.write({ digest, size: 1_000 }, new Blob([stream]).stream());
    await assert.rejects(writing, ContentMismatchError, what);
  }
  assert.deepEqual(await filesIn(layout.root), []);
});

Deno.test("LayoutWriter.write() ends with its stream's error or its signal's reason, and leaves nothing behind", async () => {
  await using layout = await openLayoutFixture();
  const digest = await digestOf(uniqueBytes(10));
  const broken = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new Uint8Array(5));
    },
    pull(controller) {
      controller.error(new Error("broken off"));
    },
  });
  await assert.rejects(layout.writer.write({ digest, size: 10 }, broken), /broken off/);

  const abort = new AbortController();
  let cancelled = false;
  const endless = new ReadableStream<Uint8Array>({ cancel: () => void (cancelled = true) });
  const writing = layout.writer.write({ digest, size: 10 }, endless, { signal: abort.signal });
  setTimeout(() => abort.abort(new Error("enough")), 20);
  await assert.rejects(writing, /enough/);
  assert.ok(cancelled);
  assert.deepEqual(await filesIn(layout.root), []);
});

Deno.test("LayoutWriter.write() does not read what is there already", async () => {
  await using layout = await openLayoutFixture();
  const digest = await layout.put(uniqueBytes(100));
  let cancelled = false;
  const stream = new ReadableStream<Uint8Array>({ cancel: () => void (cancelled = true) }, { highWaterMark: 0 });
  await layout.writer.write({ digest, size: 100 }, stream);
  assert.ok(cancelled);
});

Deno.test("LayoutWriter.write() of one blob may be done by several at once", async () => {
  await using layout = await openLayoutFixture();
  const bytes = uniqueBytes(100_000);
  const digest = await digestOf(bytes);
  await Promise.all(
    Array.from({ length: 5 }, () => layout.writer.write({ digest, size: bytes.length }, new Blob([bytes]).stream())),
  );
  assert.deepEqual(await filesIn(layout.root), [blobPath("", digest).slice(1)]);
});

Deno.test("LayoutWriter.nameImage() keeps what stands in index.json, and all names that come at once", async () => {
  await using layout = await openLayoutFixture();
  const foreign = { mediaType: MEDIA_TYPE.ociManifest, digest: "sha256:00", size: 1, annotations: { note: "mine" } };
  await Deno.writeTextFile(
    `${layout.root}/index.json`,
    JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests: [foreign], annotations: { a: "b" } }),
  );
  const target = await layout.store.describe(await layout.put(uniqueBytes(10)));
  const names = Array.from({ length: 20 }, (_, index) => `registry.test/team/app:v${index}`);
  await Promise.all(names.map((name) => layout.writer.nameImage(name, target)));
  await layout.writer.nameImage("registry.test/team/app:v0", target);
  const { manifests, ...rest } = JSON.parse(await Deno.readTextFile(`${layout.root}/index.json`));
  assert.deepEqual(rest, { schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, annotations: { a: "b" } });
  assert.deepEqual(manifests[0], foreign);
  assert.equal(manifests.length, 1 + names.length);
  for (const name of names) assert.equal(await layout.store.resolve(name), target.digest);
});

Deno.test("LayoutWriter.nameImage() refuses names that are none and an index.json that is broken", async () => {
  await using layout = await openLayoutFixture();
  const target = { digest: await digestOf(uniqueBytes(1)), size: 1, mediaType: MEDIA_TYPE.ociManifest };
  for (const name of ["app:v1", "registry.test/app", "registry.test/UPPER:v1"]) {
    await assert.rejects(layout.writer.nameImage(name, target), SyntaxError, name);
  }
  await Deno.writeTextFile(`${layout.root}/index.json`, "{broken");
  await assert.rejects(layout.writer.nameImage("registry.test/app:v1", target), SyntaxError);
  assert.equal(await Deno.readTextFile(`${layout.root}/index.json`), "{broken");
});

Deno.test("LayoutWriter.open() removes what a writer left behind long ago", async () => {
  await using layout = await openLayoutFixture();
  const [old, recent] = [`${layout.root}/ingest/old`, `${layout.root}/ingest/recent`];
  await Deno.writeTextFile(old, "old");
  await Deno.writeTextFile(recent, "recent");
  const before = Date.now() / 1_000 - 25 * 3_600;
  await Deno.utime(old, before, before);
  await LayoutWriter.open(layout.root);
  assert.deepEqual(await filesIn(layout.root, "ingest"), ["ingest/recent"]);
});

/** Lists the files below the directories that content is in. */
async function filesIn(root: string, ...directories: string[]): Promise<string[]> {
  const found: string[] = [];
  for (const directory of directories.length > 0 ? directories : ["blobs", "blobs/sha256", "blobs/sha512", "ingest"]) {
    const entries = await Array.fromAsync(Deno.readDir(`${root}/${directory}`)).catch(() => []);
    found.push(...entries.filter(({ isFile }) => isFile).map(({ name }) => `${directory}/${name}` as Digest));
  }
  return found;
}
