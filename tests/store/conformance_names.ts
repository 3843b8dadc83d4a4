import assert from "@std/assert";
import { ContentNotFoundError, type ContentStore } from "../../src/store/content_store.ts";
import type { Digest } from "../../src/oci/digest.ts";
import { until } from "../support/until.ts";
import { putImage, type StoreFixture } from "./store_fixture.ts";

/** Registers the tests of `resolve()` and `sources()`. */
export function testNames(name: string, open: () => Promise<StoreFixture>): void {
  testResolve(name, open);
  testSources(name, open);
}

function testResolve(name: string, open: () => Promise<StoreFixture>): void {
  Deno.test(`${name}: resolve() follows a tag from digest to digest until it is gone`, async () => {
    await using fixture = await open();
    const { store } = fixture;
    const [one, two] = [await putImage(fixture), await putImage(fixture)];
    await fixture.name("registry.test:5000/team/app:v1", one.index);
    assert.equal(await store.resolve("registry.test:5000/team/app:v1"), one.index);
    await fixture.name("registry.test:5000/team/app:v1", two.manifest);
    assert.equal(await store.resolve("registry.test:5000/team/app:v1"), two.manifest);
    await fixture.unname("registry.test:5000/team/app:v1");
    await assert.rejects(() => store.resolve("registry.test:5000/team/app:v1"), ContentNotFoundError);
  });

  Deno.test(`${name}: resolve() throws ContentNotFoundError for tags that are unknown or lost their manifest`, async () => {
    await using fixture = await open();
    const { store } = fixture;
    const image = await putImage(fixture);
    await fixture.name("registry.test/team/app:lost", image.manifest);
    await fixture.remove(image.manifest);
    for (
      const tag of ["registry.test/team/app:lost", "registry.test/team/app:unknown", "registry.test/team/other:v1"]
    ) {
      await assert.rejects(() => store.resolve(tag), ContentNotFoundError, tag);
    }
  });

  Deno.test(`${name}: resolve() throws the reason of a signal that is aborted`, async () => {
    await using fixture = await open();
    const signal = AbortSignal.abort(new Error("enough"));
    await assert.rejects(() => fixture.store.resolve("registry.test/team/app:v1", { signal }), /enough/);
  });
}

function testSources(name: string, open: () => Promise<StoreFixture>): void {
  Deno.test(`${name}: sources() follows image names through an index to the layers`, async () => {
    await using fixture = await open();
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

  Deno.test(`${name}: sources() loses a name that is taken away`, async () => {
    await using fixture = await open();
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
