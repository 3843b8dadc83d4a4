import assert from "@std/assert";
import fc from "fast-check";
import {
  CONTENTS_PER_MESSAGE,
  decodeNodeMessage,
  encodeNodeMessage,
  NODE_MESSAGE_MAX_BYTES,
} from "../../../src/routing/dht/node_message.ts";

const multihashesArbitrary = fc.array(fc.uint8Array({ minLength: 34, maxLength: 34 }), { maxLength: 20 });

Deno.test("decodeNodeMessage() reads what encodeNodeMessage() writes", () => {
  fc.assert(
    fc.property(fc.uint8Array(), multihashesArbitrary, multihashesArbitrary, (record, withdrawn, restored) => {
      const message = { record, withdrawn, restored };
      assert.deepEqual(decodeNodeMessage(encodeNodeMessage(message)), message);
    }),
  );
});

Deno.test("decodeNodeMessage() skips fields of later versions and does without those that may be missing", () => {
  const later = Uint8Array.of(0x7a, 2, 1, 1, 0x0a, 1, 7); // field 15, then the record
  assert.deepEqual(decodeNodeMessage(later), { record: Uint8Array.of(7), withdrawn: [], restored: [] });
  assert.deepEqual(decodeNodeMessage(new Uint8Array()), { record: new Uint8Array(), withdrawn: [], restored: [] });
});

Deno.test("decodeNodeMessage() throws SyntaxError on contents that are cut or too many", () => {
  assert.throws(() => decodeNodeMessage(Uint8Array.of(0x12, 2, 1, 1)), SyntaxError);
  const bytes = new Uint8Array((CONTENTS_PER_MESSAGE + 1) * 34);
  const length = [0x80 | (bytes.length & 0x7f), 0x80 | ((bytes.length >> 7) & 0x7f), bytes.length >> 14];
  assert.throws(() => decodeNodeMessage(Uint8Array.from([0x12, ...length, ...bytes])), SyntaxError);
});

Deno.test("decodeNodeMessage() reads any bytes, or throws SyntaxError", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (input) => {
      try {
        decodeNodeMessage(input);
      } catch (reason) {
        assert(reason instanceof SyntaxError);
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("encodeNodeMessage() names as many contents as a message may have", () => {
  const many = Array.from({ length: CONTENTS_PER_MESSAGE + 5 }, () => new Uint8Array(34));
  const encoded = encodeNodeMessage({ record: new Uint8Array(2_048), withdrawn: many, restored: many });
  assert.ok(encoded.length <= NODE_MESSAGE_MAX_BYTES);
  assert.equal(decodeNodeMessage(encoded).withdrawn.length, CONTENTS_PER_MESSAGE);
});
