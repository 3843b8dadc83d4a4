import assert from "@std/assert";
import fc from "fast-check";
import { type Digest, digestOf } from "../../src/oci/digest.ts";
import { ContentNotFoundError } from "../../src/store/content_store.ts";
import { IngestLostError, type IngestReader } from "../../src/store/ingest.ts";
import { until } from "../support/until.ts";
import { type RegisterStoreTest, type StoreFixture, type TestIngest, uniqueBytes } from "./store_fixture.ts";

/** Beyond the largest single read of any store. */
const LARGE_BYTES = 700_000;

/** Registers the tests of `ingest()` and `tail()`. */
export function testIngest(test: RegisterStoreTest): void {
  testStatus(test);
  testBytes(test);
  testLoss(test);
  testRelease(test);
}

function testStatus(test: RegisterStoreTest): void {
  test("ingest() tells how far a download is, and nothing of what is complete or absent", async (fixture) => {
    const { store } = fixture;
    const { digest, bytes, ingest } = await begin(fixture, 1_000);
    await until("the download", async () => (await store.ingest(digest))?.total === 1_000);
    assert.deepEqual(await store.ingest(digest), { offset: 0, total: 1_000 });
    await ingest.append(bytes.slice(0, 300));
    await hasOffset(store, digest, 300);
    await ingest.append(bytes.slice(300));
    await ingest.commit();
    assert.equal((await store.describe(digest)).size, 1_000);
    assert.equal(await store.ingest(digest), undefined);
    assert.equal(await store.ingest(await digestOf(uniqueBytes(9))), undefined);
    assert.equal(await store.ingest(await digestOf(uniqueBytes(9), "sha512")), undefined);
  });

  test("ingest() and tail() tell nothing of a download that was given up", async (fixture) => {
    const { digest, ingest } = await begin(fixture, 1_000);
    await ingest.abort();
    await until("the end", async () => await fixture.store.ingest(digest) === undefined);
    await assert.rejects(() => fixture.store.tail(digest), ContentNotFoundError);
  });

  test("tail() throws ContentNotFoundError for what is complete or absent", async ({ store, put }) => {
    for (const digest of [await put(uniqueBytes(100)), await digestOf(uniqueBytes(9))]) {
      await assert.rejects(() => store.tail(digest), ContentNotFoundError);
    }
  });

  test("tail() throws RangeError for an offset that is not within the total", async (fixture) => {
    const { digest, ingest } = await begin(fixture, 100);
    await hasOffset(fixture.store, digest, 0);
    for (const offset of [101, -1, 0.5, NaN]) {
      await assert.rejects(() => fixture.store.tail(digest, { offset }), RangeError, `${offset}`);
    }
    const { body } = await fixture.store.tail(digest, { offset: 100 });
    assert.equal((await new Response(body).bytes()).length, 0);
    await ingest.abort();
  });

  test("ingest() and tail() throw the reason of a signal that is aborted", async ({ store }) => {
    const digest = await digestOf(uniqueBytes(9));
    const signal = AbortSignal.abort(new Error("enough"));
    await assert.rejects(() => store.ingest(digest, { signal }), /enough/);
    await assert.rejects(() => store.tail(digest, { signal }), /enough/);
  });
}

function testBytes(test: RegisterStoreTest): void {
  test("tail() gives bytes as they come, and ends when all have come", async (fixture) => {
    const { digest, bytes, ingest } = await begin(fixture, 1_000);
    await hasOffset(fixture.store, digest, 0);
    const { total, body } = await fixture.store.tail(digest);
    assert.equal(total, 1_000);
    const reader = body.getReader();
    for (const end of [10, 500, 1_000]) {
      const start = end === 10 ? 0 : end === 500 ? 10 : 500;
      const pending = reader.read();
      assert.equal(await Promise.race([pending, pause(30)]), "nothing", "nothing was to come before it is there");
      await ingest.append(bytes.slice(start, end));
      assert.deepEqual((await pending).value, bytes.slice(start, end));
    }
    assert.ok((await reader.read()).done, "the last byte is the end, also before the commit");
    await ingest.commit();
  });

  test("tail() at an offset that has not come waits for it in the body", async (fixture) => {
    const { digest, bytes, ingest } = await begin(fixture, 1_000);
    await hasOffset(fixture.store, digest, 0);
    const { total, body } = await fixture.store.tail(digest, { offset: 600 });
    assert.equal(total, 1_000);
    const reading = new Response(body).bytes();
    await ingest.append(bytes.slice(0, 500));
    assert.equal(await Promise.race([reading, pause(30)]), "nothing");
    await ingest.append(bytes.slice(500, 700));
    await ingest.append(bytes.slice(700));
    await ingest.commit();
    assert.deepEqual(await reading, bytes.slice(600));
  });

  test("tail() gives the right bytes to many readers, however they come and are read", async (fixture) => {
    const steps = fc.record({
      size: fc.integer({ min: 1, max: LARGE_BYTES }),
      cuts: fc.array(fc.nat(LARGE_BYTES), { maxLength: 5 }),
      offsets: fc.array(fc.nat(LARGE_BYTES), { minLength: 1, maxLength: 3 }),
      bufferBytes: fc.integer({ min: 1_000, max: 400_000 }),
    });
    await fc.assert(
      fc.asyncProperty(steps, async ({ size, cuts, offsets, bufferBytes }) => {
        const { digest, bytes, ingest } = await begin(fixture, size);
        await hasOffset(fixture.store, digest, 0);
        // Opened before more comes: when a download becomes a blob, it is neither for a moment.
        const tails = await Promise.all(offsets.map((offset) => fixture.store.tail(digest, { offset: offset % size })));
        const readings = tails.map(({ body }, index) =>
          index === 0 ? readByBuffers(body, bufferBytes) : new Response(body).bytes()
        );
        let start = 0;
        for (const end of [...cuts.map((cut) => cut % size), size].sort((a, b) => a - b)) {
          await ingest.append(bytes.slice(start, end));
          start = end;
        }
        await ingest.commit();
        for (const [index, read] of (await Promise.all(readings)).entries()) {
          assert.equal(await digestOf(read), await digestOf(bytes.slice((offsets[index] ?? 0) % size)));
        }
      }),
      { numRuns: 15 },
    );
  });

  test("tail() goes on to the end when the content is complete and removed before it was read", async (fixture) => {
    const { digest, bytes, ingest } = await begin(fixture, LARGE_BYTES);
    await ingest.append(bytes.slice(0, 10));
    await hasOffset(fixture.store, digest, 10);
    const { body } = await fixture.store.tail(digest);
    const chunks = body[Symbol.asyncIterator]();
    const first = await chunks.next();
    await ingest.append(bytes.slice(10));
    await ingest.commit();
    await fixture.remove(digest);
    await until("the removal", () => fixture.store.describe(digest).then(() => false, () => true));
    const rest = await Array.fromAsync({ [Symbol.asyncIterator]: () => chunks });
    assert.equal(await digestOf(await new Blob([first.value, ...rest]).bytes()), digest);
  });

  test("tail() reads nothing before it is asked to, and counts what it gives", async (fixture) => {
    const { digest, bytes, ingest } = await begin(fixture, 1_000);
    await ingest.append(bytes.slice(0, 400));
    await hasOffset(fixture.store, digest, 400);
    let counted = 0;
    const { body } = await fixture.store.tail(digest, { onBytes: (count) => counted += count });
    await pause(30);
    assert.equal(counted, 0);
    const reading = new Response(body).bytes();
    await until("what has come", () => counted === 400);
    await ingest.append(bytes.slice(400));
    await ingest.commit();
    assert.deepEqual(await reading, bytes);
    assert.equal(counted, 1_000);
  });
}

function testLoss(test: RegisterStoreTest): void {
  test("tail() gives what has come, then fails when the download is given up", async (fixture) => {
    const { digest, bytes, ingest } = await begin(fixture, 1_000);
    await ingest.append(bytes.slice(0, 400));
    await hasOffset(fixture.store, digest, 400);
    const { body } = await fixture.store.tail(digest);
    const waiting = await fixture.store.tail(digest, { offset: 700 });
    const reader = body.getReader();
    assert.deepEqual((await reader.read()).value, bytes.slice(0, 400));
    const lost = [
      assert.rejects(() => reader.read(), IngestLostError),
      assert.rejects(() => new Response(waiting.body).bytes(), IngestLostError),
    ];
    await pause(30);
    await ingest.abort();
    await Promise.all(lost);
  });

  test("tail() fails when the download begins again, and the new one can be read", async (fixture) => {
    const { digest, bytes, ingest } = await begin(fixture, 1_000);
    await ingest.append(bytes.slice(0, 400));
    await hasOffset(fixture.store, digest, 400);
    const { body } = await fixture.store.tail(digest);
    const lost = assert.rejects(() => new Response(body).bytes(), IngestLostError);
    await ingest.abort();
    const again = await fixture.ingest(digest, 1_000);
    await lost;
    // A download that has just begun is not there for a moment, whoever was told of it.
    const { body: next } = await until("the new download", () => fixture.store.tail(digest), { intervalMs: 5 });
    const reading = new Response(next).bytes();
    await again.append(bytes);
    await again.commit();
    assert.deepEqual(await reading, bytes);
  });
}

function testRelease(test: RegisterStoreTest): void {
  test("tail() ends with the reason of its signal, also while it waits", async (fixture) => {
    const { digest, ingest } = await begin(fixture, 1_000);
    await hasOffset(fixture.store, digest, 0);
    const abort = new AbortController();
    const { body } = await fixture.store.tail(digest, { signal: abort.signal });
    const ended = assert.rejects(() => body.getReader().read(), /enough/);
    await pause(20);
    abort.abort(new Error("enough"));
    await ended;
    await ingest.abort();
  });

  test("tail() lets the download go when its reader has enough, also while it waits", async (fixture) => {
    const { digest, bytes, ingest } = await begin(fixture, 1_000);
    await ingest.append(bytes.slice(0, 400));
    await hasOffset(fixture.store, digest, 400);
    const unread = await fixture.store.tail(digest);
    await unread.body.cancel();
    const reader = (await fixture.store.tail(digest)).body.getReader();
    await reader.read();
    const pending = reader.read();
    await pause(20);
    await reader.cancel();
    assert.ok((await pending).done);
    await ingest.abort();
  });
}

/** Begins the download of bytes that no other test has. */
async function begin(
  fixture: StoreFixture,
  size: number,
): Promise<{ digest: Digest; bytes: Uint8Array<ArrayBuffer>; ingest: TestIngest }> {
  const bytes = uniqueBytes(size);
  const digest = await digestOf(bytes);
  return { digest, bytes, ingest: await fixture.ingest(digest, size) };
}

async function hasOffset(store: IngestReader, digest: Digest, offset: number): Promise<void> {
  await until(`${offset} bytes`, async () => (await store.ingest(digest))?.offset === offset, { intervalMs: 5 });
}

async function readByBuffers(body: ReadableStream, bufferBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const reader = body.getReader({ mode: "byob" });
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (;;) {
    const { done, value } = await reader.read(new Uint8Array(bufferBytes));
    if (done) return await new Blob(parts).bytes();
    parts.push(value);
  }
}

async function pause(ms: number): Promise<"nothing"> {
  return await new Promise((resolve) => setTimeout(() => resolve("nothing"), ms));
}
