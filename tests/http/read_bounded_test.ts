import assert from "@std/assert";
import fc from "fast-check";
import { readBounded } from "../../src/http/read_bounded.ts";

Deno.test("readBounded() returns all chunks in order", async () => {
  const anyChunks = fc.array(fc.uint8Array({ minLength: 1 }) as fc.Arbitrary<Uint8Array<ArrayBuffer>>);
  await fc.assert(fc.asyncProperty(anyChunks, async (chunks) => {
    const expected = chunks.flatMap((chunk) => [...chunk]);
    const bytes = await readBounded(ReadableStream.from(chunks.map((chunk) => chunk.slice())), expected.length);
    assert.deepEqual([...bytes], expected);
  }));
});

Deno.test("readBounded() returns nothing for no body", async () => {
  assert.equal((await readBounded(null, 0)).length, 0);
});

Deno.test("readBounded() throws RangeError and cancels an endless body", async () => {
  let cancelled = false;
  let handedOut = 0;
  const endless = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      handedOut += 1_000;
      controller.enqueue(new Uint8Array(1_000));
    },
    cancel: () => void (cancelled = true),
  }, { highWaterMark: 0 });
  await assert.rejects(readBounded(endless, 10_000), RangeError);
  assert.deepEqual([cancelled, handedOut], [true, 11_000]);
});

Deno.test("readBounded() throws what the body throws", async () => {
  const failing = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => controller.error(new Error("x")),
  });
  await assert.rejects(readBounded(failing, 10), /x/);
});
