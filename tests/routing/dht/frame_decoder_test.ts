import assert from "@std/assert";
import fc from "fast-check";
import { encodeFrame, FrameDecoder } from "../../../src/routing/dht/frame_decoder.ts";

function decodeAll(decoder: FrameDecoder, chunks: readonly Uint8Array[]): string[] {
  return chunks.flatMap((chunk) => [...decoder.decode(chunk)].map((frame) => frame.toHex()));
}

Deno.test("FrameDecoder finds the frames again, however the bytes are cut", () => {
  fc.assert(fc.property(
    fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 }),
    fc.infiniteStream(fc.integer({ min: 1, max: 200 })),
    (frames, sizes) => {
      const bytes = Uint8Array.from(frames.flatMap((frame) => [...encodeFrame(frame)]));
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < bytes.length;) {
        const size = sizes.next().value ?? 1;
        chunks.push(bytes.subarray(at, at + size));
        at += size;
      }
      assert.deepEqual(decodeAll(new FrameDecoder(300), chunks), frames.map((frame) => frame.toHex()));
    },
  ));
});

Deno.test("FrameDecoder never throws anything but RangeError, and keeps no more than one frame", () => {
  fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 20 }), (chunks) => {
    try {
      decodeAll(new FrameDecoder(64), chunks);
    } catch (reason) {
      assert(reason instanceof RangeError);
    }
  }));
});

Deno.test("FrameDecoder throws RangeError on a frame that is too long, before its bytes come", () => {
  assert.throws(() => decodeAll(new FrameDecoder(100), [Uint8Array.of(101)]), RangeError);
  assert.deepEqual(decodeAll(new FrameDecoder(100), [Uint8Array.of(100)]), []);
});

Deno.test("FrameDecoder throws RangeError on a length that does not end", () => {
  assert.throws(() => decodeAll(new FrameDecoder(100), [Uint8Array.of(0x80, 0x80, 0x80, 0x01)]), RangeError);
});

Deno.test("encodeFrame() writes lengths as unsigned varints", () => {
  assert.equal(encodeFrame(new Uint8Array()).toHex(), "00");
  assert.equal(encodeFrame(Uint8Array.of(7)).toHex(), "0107");
  assert.equal(encodeFrame(new Uint8Array(300)).subarray(0, 2).toHex(), "ac02");
});
