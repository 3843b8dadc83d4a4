import assert from "@std/assert";
import fc from "fast-check";
import { decodeMemberFrame, encodeMemberFrame } from "../../../src/routing/dht/member_frame.ts";

Deno.test("decodeMemberFrame() reads what encodeMemberFrame() writes, and keeps nothing of it", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.boolean(), fc.uint8Array(), (id, refused, message) => {
      const bytes = encodeMemberFrame({ id, refused, message });
      const frame = decodeMemberFrame(bytes);
      bytes.fill(0);
      assert.deepEqual(frame, { id, refused, message });
    }),
  );
});

for (const length of [0, 1, 4]) {
  Deno.test(`decodeMemberFrame() throws SyntaxError on ${length} bytes`, () => {
    assert.throws(() => decodeMemberFrame(new Uint8Array(length)), SyntaxError);
  });
}
