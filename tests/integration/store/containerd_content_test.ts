import assert from "@std/assert";
import { digestOf } from "../../../src/oci/digest.ts";
import { blobPath } from "../../../src/store/blob_path.ts";
import { ContentNotFoundError } from "../../../src/store/content_store.ts";
import { buildImage } from "../../support/image/build_image.ts";
import { exportArchive } from "../../support/image/export_archive.ts";
import { OciLayout } from "../../support/image/oci_layout.ts";
import { tempDir } from "../../support/temp_dir.ts";
import { putImage, uniqueBytes } from "../../store/store_fixture.ts";
import { WatchedStore } from "../../store/watched_store.ts";
import type { Containerd } from "../harness/containerd.ts";
import { CONTAINERD_GENERATIONS } from "../setup/tools.ts";
import { openContainerdFixture, startOwnContainerd } from "./containerd_fixture.ts";

/** Which content of a real containerd is told and served, and when it no longer is. */
const STEPS: Record<string, (containerd: Containerd) => Promise<void>> = {
  "content of another namespace is not there, until it is shared": sharesContent,
  "content that another namespace keeps is gone when ours is collected": losesSharedContent,
  "a file that containerd does not know is not there": ignoresUnknownFiles,
  "labels that come later are told": tellsLaterLabels,
  "labels name sources without ports, and names bring the ports": mergesLabelsAndNames,
  "an imported image has the sources of its name, and is gone when it is collected": followsImportAndRemoval,
  "names that are none of a registry are skipped": skipsOtherNames,
  "a watch works without the directory": watchesThroughContainerd,
};

for (const generation of CONTAINERD_GENERATIONS) {
  Deno.test(`ContainerdStore knows the content of containerd ${generation}`, async (t) => {
    await using own = await startOwnContainerd(generation);
    for (const [what, body] of Object.entries(STEPS)) await t.step(what, () => body(own.containerd));
  });
}

async function sharesContent(containerd: Containerd): Promise<void> {
  await using theirs = openContainerdFixture(containerd);
  await using ours = openContainerdFixture(containerd);
  await using watched = new WatchedStore(ours.store);
  await watched.untilSynced();
  const image = await putImage(theirs);
  await theirs.name("registry.test/team/app:v1", image.index);
  const own = await ours.put(uniqueBytes(100));
  await watched.until("our blob", () => watched.blobs.has(own));
  assert.deepEqual([...watched.blobs.keys()], [own]);
  await assert.rejects(() => ours.store.describe(image.layer), ContentNotFoundError);
  await assert.rejects(() => ours.store.open(image.layer), ContentNotFoundError);
  await assert.rejects(() => ours.store.resolve("registry.test/team/app:v1"), ContentNotFoundError);

  const { absent: _, ...present } = image;
  for (const digest of Object.values(present)) await ours.admin.share(await theirs.store.describe(digest));
  await ours.name("registry.test/team/app:v1", image.index);
  await watched.until("all of the image", () => Object.values(present).every((digest) => watched.blobs.has(digest)));
  await watched.until("its tag", () => watched.tags.get("registry.test/team/app:v1") === image.index);
}

async function losesSharedContent(containerd: Containerd): Promise<void> {
  await using theirs = openContainerdFixture(containerd);
  await using ours = openContainerdFixture(containerd);
  await using watched = new WatchedStore(ours.store);
  const digest = await theirs.put(uniqueBytes(100));
  await ours.admin.share(await theirs.store.describe(digest));
  await ours.name("registry.test/team/app:v1", digest);
  await watched.until("the blob", () => watched.tags.has("registry.test/team/app:v1"));
  await ours.admin.label(digest, {}); // from now on only its name keeps it
  await ours.admin.deleteImage("registry.test/team/app:v1", { sync: true });
  await watched.until("the collection", () => !watched.blobs.has(digest));
  assert.equal((await theirs.store.describe(digest)).size, 100);
}

async function ignoresUnknownFiles(containerd: Containerd): Promise<void> {
  await using fixture = openContainerdFixture(containerd);
  await using watched = new WatchedStore(fixture.store);
  await watched.untilSynced();
  const bytes = uniqueBytes(100);
  const digest = await digestOf(bytes);
  const path = blobPath(containerd.contentPath, digest);
  await Deno.writeFile(path, bytes);
  try {
    const other = await fixture.put(uniqueBytes(100));
    await watched.until("the other blob", () => watched.blobs.has(other));
    assert.deepEqual([...watched.blobs.keys()], [other]);
    await assert.rejects(() => fixture.store.describe(digest), ContentNotFoundError);
    await assert.rejects(() => fixture.store.open(digest), ContentNotFoundError);
  } finally {
    await Deno.remove(path);
  }
}

async function tellsLaterLabels(containerd: Containerd): Promise<void> {
  await using fixture = openContainerdFixture(containerd);
  await using watched = new WatchedStore(fixture.store);
  await watched.untilSynced();
  const digest = await fixture.put(uniqueBytes(100));
  await watched.until("the blob", () => watched.blobs.has(digest));
  assert.deepEqual(watched.blobs.get(digest)?.sources, []);
  await fixture.admin.label(digest, { "containerd.io/distribution.source.registry.test": "team/app,team/copy" });
  const sources = ["registry.test/team/app", "registry.test/team/copy"];
  await watched.until("the sources", () => `${watched.blobs.get(digest)?.sources}` === `${sources}`);
  assert.deepEqual(
    await fixture.store.sources(digest),
    ["team/app", "team/copy"].map((repository) => ({ registry: "registry.test", repository })),
  );
}

async function mergesLabelsAndNames(containerd: Containerd): Promise<void> {
  await using fixture = openContainerdFixture(containerd);
  const image = await putImage(fixture);
  await fixture.admin.label(image.index, { "containerd.io/distribution.source.registry.test": "team/app,other" });
  await fixture.name("registry.test:5000/team/app:v1", image.index);
  assert.deepEqual(await fixture.store.sources(image.index), [
    { registry: "registry.test:5000", repository: "team/app" },
    { registry: "registry.test", repository: "other" },
  ]);
}

async function followsImportAndRemoval(containerd: Containerd): Promise<void> {
  await using fixture = openContainerdFixture(containerd, { namespace: "k8s.io" });
  await using watched = new WatchedStore(fixture.store);
  await watched.untilSynced();
  await using dir = await tempDir();
  const layout = await OciLayout.create(`${dir.path}/layout`);
  const image = await buildImage(layout, { names: ["app:v1"], layers: [{ sizeBytes: 10_000 }, { sizeBytes: 20_000 }] });
  const name = "registry.test:5000/team/app:v1";
  await exportArchive(layout, image, name, `${dir.path}/app.tar`);
  await containerd.importArchive(`${dir.path}/app.tar`);
  for (const { digest } of image.content) {
    await watched.until("the source", () => `${watched.blobs.get(digest)?.sources}` === "registry.test:5000/team/app");
    assert.deepEqual(await fixture.store.sources(digest), [{ registry: "registry.test:5000", repository: "team/app" }]);
  }
  await watched.until("the tag", () => watched.tags.get(name) === image.target.digest);
  await containerd.cri.removeImage(name);
  await watched.until("the collection", () => image.content.every(({ digest }) => !watched.blobs.has(digest)));
  assert.ok(!watched.tags.has(name));
  await assert.rejects(() => fixture.store.describe(image.target.digest), ContentNotFoundError);
}

async function skipsOtherNames(containerd: Containerd): Promise<void> {
  await using fixture = openContainerdFixture(containerd);
  const image = await putImage(fixture);
  for (const name of ["app", "app:v1", image.config, "Registry.test/UPPER:v1", "registry.test/app:", "import 1"]) {
    await fixture.name(name, image.index);
  }
  await fixture.name("registry.test/team/app:v1", image.index);
  await using watched = new WatchedStore(fixture.store);
  await watched.untilSynced();
  assert.deepEqual([...watched.tags.keys()], ["registry.test/team/app:v1"]);
  assert.deepEqual(watched.blobs.get(image.layer)?.sources, ["registry.test/team/app"]);
}

async function watchesThroughContainerd(containerd: Containerd): Promise<void> {
  await using fixture = openContainerdFixture(containerd, { contentPath: "/nowhere" });
  await using watched = new WatchedStore(fixture.store);
  await watched.untilSynced();
  const image = await putImage(fixture);
  await fixture.name("registry.test/team/app:v1", image.index);
  await watched.until("the image", () => watched.tags.has("registry.test/team/app:v1") && watched.blobs.size === 4);
  await fixture.remove(image.manifest);
  await watched.until("the removal", () => !watched.blobs.has(image.manifest));
}
