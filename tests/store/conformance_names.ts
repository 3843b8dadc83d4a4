import assert from "@std/assert";
import { ContentNotFoundError, type ContentStore } from "../../src/store/content_store.ts";
import type { Digest } from "../../src/oci/digest.ts";
import { until } from "../support/until.ts";
import { putImage, type RegisterStoreTest } from "./store_fixture.ts";

/** Registers the tests of `resolve()` and `sources()`. */
export function testNames(test: RegisterStoreTest): void {
  testResolve(test);
  testSources(test);
}

function testResolve(test: RegisterStoreTest): void {
  test("resolve() follows a tag from digest to digest until it is gone", async (fixture) => {
    const { store } = fixture;
    const [one, two] = [await putImage(fixture), await putImage(fixture)];
    await fixture.name("registry.test:5000/team/app:v1", one.index);
    assert.equal(await store.resolve("registry.test:5000/team/app:v1"), one.index);
    await fixture.name("registry.test:5000/team/app:v1", two.manifest);
    assert.equal(await store.resolve("registry.test:5000/team/app:v1"), two.manifest);
    await fixture.unname("registry.test:5000/team/app:v1");
    await assert.rejects(() => store.resolve("registry.test:5000/team/app:v1"), ContentNotFoundError);
  });

  test("resolve() throws ContentNotFoundError for tags that are unknown or lost their manifest", async (fixture) => {
    const { store } = fixture;
    const image = await putImage(fixture);
    await fixture.name("registry.test/team/app:lost", image.manifest);
    await fixture.remove(image.manifest);
    await until("the removal", () => store.describe(image.manifest).then(() => false, () => true));
    for (
      const tag of ["registry.test/team/app:lost", "registry.test/team/app:unknown", "registry.test/team/other:v1"]
    ) {
      await assert.rejects(() => store.resolve(tag), ContentNotFoundError, tag);
    }
  });

  test("resolve() throws the reason of a signal that is aborted", async (fixture) => {
    const signal = AbortSignal.abort(new Error("enough"));
    await assert.rejects(() => fixture.store.resolve("registry.test/team/app:v1", { signal }), /enough/);
  });
}

function testSources(test: RegisterStoreTest): void {
  test("sources() follows image names through an index to the layers", async (fixture) => {
    const { store } = fixture;
    const image = await putImage(fixture);
    for (const digest of [image.index, image.manifest, image.config, image.layer]) {
      assert.deepEqual(await store.sources(digest), []);
    }
    await fixture.name("registry.test:5000/team/app:v1", image.index);
    await fixture.name(`mirror.test/copy@${image.manifest}`, image.manifest);
    for (const digest of [image.manifest, image.config, image.layer]) {
      await untilSources(store, digest, ["mirror.test/copy", "registry.test:5000/team/app"]);
    }
    await untilSources(store, image.index, ["registry.test:5000/team/app"]);
    await assert.rejects(() => store.sources(image.absent), ContentNotFoundError);
  });

  test("sources() loses a name that is taken away", async (fixture) => {
    const image = await putImage(fixture);
    await fixture.name("registry.test/team/app:v1", image.index);
    await untilSources(fixture.store, image.layer, ["registry.test/team/app"]);
    await fixture.unname("registry.test/team/app:v1");
    await untilSources(fixture.store, image.layer, []);
  });
}

async function untilSources(store: ContentStore, digest: Digest, wanted: string[]): Promise<void> {
  await until(`the sources ${wanted}`, async () => {
    const sources = await store.sources(digest);
    return `${sources.map(({ registry, repository }) => `${registry}/${repository}`).sort()}` === `${wanted}`;
  }, { timeoutMs: 5_000 });
}
