import assert from "@std/assert";
import fc from "fast-check";
import { sleep } from "../../src/core/deadline.ts";
import { streamBytes } from "../../src/store/memory_stream.ts";
import { pacedBody } from "../../src/transfer/paced_body.ts";
import { patternBytes } from "../registry/stored_image.ts";
import { readToFailure } from "./read_to_failure.ts";

const CONTENT = patternBytes(100_000);

Deno.test("pacedBody() brings every byte in pieces that were allowed", async () => {
  await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 70_000 }), async (pieceBytes) => {
    const content = CONTENT.slice(0, Math.min(CONTENT.length, pieceBytes * 20));
    const allowed: number[] = [];
    const body = pacedBody(streamBytes(content), {
      pieceBytes,
      mayPass: (bytes) => Promise.resolve(void allowed.push(bytes)),
    });
    assert.deepEqual((await readToFailure(body)).bytes, content);
    assert(allowed.every((bytes) => bytes <= pieceBytes));
    assert.equal(allowed.reduce((sum, bytes) => sum + bytes, 0), content.length);
  }));
});

Deno.test("pacedBody() hands nothing out that may not pass, and stops waiting when it is cancelled", async () => {
  const waits: AbortSignal[] = [];
  let cancelled: unknown;
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
    type: "bytes",
    pull: (controller) => controller.enqueue(new Uint8Array(10)),
    cancel: (reason) => void (cancelled = reason),
  });
  const reader = pacedBody(source, {
    pieceBytes: 5,
    mayPass: (_bytes, signal) => {
      waits.push(signal);
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    },
  }).getReader();
  const reading = reader.read();
  assert.equal(await Promise.race([reading, sleep(50).then(() => "waits")]), "waits");
  const gone = new Error("gone");
  await reader.cancel(gone);
  assert.deepEqual([waits.map(({ aborted }) => aborted), cancelled], [[true], gone]);
  assert.equal((await reading).done, true);
});

Deno.test("pacedBody() fails when its source does", async () => {
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
    type: "bytes",
    pull: (controller) => controller.error(new Error("the disk is gone")),
  });
  const { bytes, reason } = await readToFailure(pacedBody(source, { pieceBytes: 5, mayPass: () => Promise.resolve() }));
  assert.deepEqual([bytes.length, (reason as Error).message], [0, "the disk is gone"]);
});
