import assert from "@std/assert";
import fc from "fast-check";
import { type Digest, digestOf } from "../../src/oci/digest.ts";
import { MEDIA_TYPE } from "../../src/oci/media_type.ts";
import { ContentNotFoundError, type ContentStore, type OpenOptions } from "../../src/store/content_store.ts";
import { until } from "../support/until.ts";
import { jsonBytes, putImage, type RegisterStoreTest, uniqueBytes } from "./store_fixture.ts";

/** Beyond the largest single read of any store. */
const LARGE_BYTES = 3 * 1024 * 1024 + 17;

/** Registers the tests of `describe()` and `open()`. */
export function testReads(test: RegisterStoreTest): void {
  testDescribe(test);
  testOpen(test);
  testOpenEnds(test);
}

function testDescribe(test: RegisterStoreTest): void {
  test("describe() tells size and type of content", async (fixture) => {
    const { store } = fixture;
    const image = await putImage(fixture);
    const large = await fixture.put(uniqueBytes(LARGE_BYTES));
    assert.deepEqual(await store.describe(image.layer), {
      digest: image.layer,
      size: 5_000,
      mediaType: MEDIA_TYPE.octetStream,
    });
    assert.deepEqual(await store.describe(large), {
      digest: large,
      size: LARGE_BYTES,
      mediaType: MEDIA_TYPE.octetStream,
    });
    assert.equal((await store.describe(image.config)).mediaType, MEDIA_TYPE.octetStream);
    assert.equal((await store.describe(image.manifest)).mediaType, MEDIA_TYPE.ociManifest);
    assert.equal((await store.describe(image.index)).mediaType, MEDIA_TYPE.ociIndex);
  });

  test("describe() takes the type from the content where it names none", async (fixture) => {
    const config = { mediaType: MEDIA_TYPE.ociConfig, digest: `sha256:${"0".repeat(64)}`, size: 2 };
    const seed = crypto.randomUUID();
    const manifest = await fixture.put(jsonBytes({ schemaVersion: 2, config, layers: [], seed }));
    const broken = await fixture.put(new TextEncoder().encode(`{"schemaVersion":2,"seed":"${seed}`));
    assert.equal((await fixture.store.describe(manifest)).mediaType, MEDIA_TYPE.ociManifest);
    assert.equal((await fixture.store.describe(broken)).mediaType, MEDIA_TYPE.octetStream);
  });

  test("describe(), open() and sources() throw ContentNotFoundError for what is not there", async (fixture) => {
    const { store } = fixture;
    const removed = await fixture.put(uniqueBytes(100));
    await store.describe(removed);
    await fixture.remove(removed);
    await until("the removal", () => store.describe(removed).then(() => false, () => true)); // by garbage collection
    for (const digest of [await digestOf(uniqueBytes(9)), await digestOf(uniqueBytes(9), "sha512"), removed]) {
      await assert.rejects(() => store.describe(digest), ContentNotFoundError);
      await assert.rejects(() => store.open(digest), ContentNotFoundError);
      await assert.rejects(() => store.sources(digest), ContentNotFoundError);
    }
  });

  test("describe() and open() throw the reason of a signal that is aborted", async (fixture) => {
    const digest = await fixture.put(uniqueBytes(100));
    const signal = AbortSignal.abort(new Error("enough"));
    await assert.rejects(() => fixture.store.describe(digest, { signal }), /enough/);
    await assert.rejects(() => fixture.store.open(digest, { signal }), /enough/);
  });
}

function testOpen(test: RegisterStoreTest): void {
  test("open() reads all of the content and counts it", async (fixture) => {
    const bytes = uniqueBytes(LARGE_BYTES);
    const digest = await fixture.put(bytes);
    let counted = 0;
    const read = await readAll(fixture.store, digest, { onBytes: (count) => counted += count });
    assert.equal(await digestOf(read), digest);
    assert.equal(counted, LARGE_BYTES);
  });

  test("open() fills the buffers that a reader brings", async (fixture) => {
    const bytes = uniqueBytes(1_000);
    const reader = (await fixture.store.open(await fixture.put(bytes))).getReader({ mode: "byob" });
    const read: number[] = [];
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(300));
      if (done) break;
      read.push(...value);
    }
    assert.deepEqual(new Uint8Array(read), bytes);
  });

  test("open() reads any part of the content", async (fixture) => {
    const bytes = uniqueBytes(700_000);
    const digest = await fixture.put(bytes);
    const part = fc.record({
      offset: fc.nat(bytes.length),
      length: fc.option(fc.nat(bytes.length), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(part, async ({ offset, length = bytes.length - offset }) => {
        const wanted = Math.min(length, bytes.length - offset);
        const read = await readAll(fixture.store, digest, { offset, length: wanted });
        assert.equal(await digestOf(read), await digestOf(bytes.slice(offset, offset + wanted)));
      }),
      { numRuns: 40 },
    );
  });

  test("open() throws RangeError for bytes that are not within the content", async (fixture) => {
    const digest = await fixture.put(uniqueBytes(100));
    for (
      const part of [{ offset: 101 }, { offset: -1 }, { offset: 50, length: 51 }, { length: -1 }, { offset: 0.5 }, {
        offset: NaN,
      }]
    ) {
      await assert.rejects(() => fixture.store.open(digest, part), RangeError, JSON.stringify(part));
    }
  });
}

function testOpenEnds(test: RegisterStoreTest): void {
  test("open() goes on to the end when the content is removed", async (fixture) => {
    const bytes = uniqueBytes(LARGE_BYTES);
    const digest = await fixture.put(bytes);
    const chunks = (await fixture.store.open(digest))[Symbol.asyncIterator]();
    const first = await chunks.next();
    await fixture.remove(digest);
    const rest = await Array.fromAsync({ [Symbol.asyncIterator]: () => chunks });
    assert.equal(await digestOf(await new Blob([first.value, ...rest]).bytes()), digest);
  });

  test("open() ends with the reason of its signal, and lets the content go", async (fixture) => {
    const digest = await fixture.put(uniqueBytes(LARGE_BYTES));
    const abort = new AbortController();
    const reader = (await fixture.store.open(digest, { signal: abort.signal })).getReader();
    await reader.read();
    const pending = reader.read();
    abort.abort(new Error("enough"));
    await assert.rejects(async () => {
      await pending;
      await reader.read();
    }, /enough/);
  });

  test("open() lets the content go when its reader has enough", async (fixture) => {
    const digest = await fixture.put(uniqueBytes(LARGE_BYTES));
    const unread = await fixture.store.open(digest);
    await unread.cancel();
    const stream = await fixture.store.open(digest);
    for await (const chunk of stream) {
      assert.ok(chunk.length > 0);
      break;
    }
  });
}

async function readAll(store: ContentStore, digest: Digest, options: OpenOptions): Promise<Uint8Array<ArrayBuffer>> {
  return await new Response(await store.open(digest, options)).bytes();
}
