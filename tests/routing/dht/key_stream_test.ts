import assert from "@std/assert";
import fc from "fast-check";
import { xsalsa20 } from "@noble/ciphers/salsa.js";
import { KEY_BYTES, KeyStream, NONCE_BYTES } from "../../../src/routing/dht/key_stream.ts";

const key = Uint8Array.from({ length: KEY_BYTES }, (_, at) => at);
const nonce = Uint8Array.from({ length: NONCE_BYTES }, (_, at) => 100 + at);

Deno.test("KeyStream makes of pieces what the cipher makes of the whole", () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 12 });
  fc.assert(fc.property(pieces, (pieces) => {
    const whole = new Uint8Array(pieces.flatMap((piece) => [...piece]));
    const stream = new KeyStream(key, nonce);
    const made = new Uint8Array(pieces.flatMap((piece) => [...stream.next(piece)]));
    assert.deepEqual(made, whole.length === 0 ? whole : xsalsa20(key, nonce, whole));
  }));
});

Deno.test("KeyStream leaves what it is given as it is, and undoes itself", () => {
  const text = new TextEncoder().encode("as it is");
  const made = new KeyStream(key, nonce).next(text);
  assert.notDeepEqual(made, text);
  assert.equal(new TextDecoder().decode(text), "as it is");
  assert.deepEqual(new KeyStream(key, nonce).next(made), text);
});
