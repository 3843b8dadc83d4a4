import assert from "@std/assert";
import fc from "fast-check";
import { bytesKey } from "../../../src/routing/dht/bytes_key.ts";
import { decodeGossip, encodeGossip, type GossipMessage, SILENCE } from "../../../src/routing/dht/gossip_message.ts";

const idArbitrary = fc.uint8Array({ minLength: 8, maxLength: 8 }).map(bytesKey);
const entriesArbitrary = fc.array(
  fc.record({ shortId: idArbitrary, seq: fc.maxSafeNat() }, { noNullPrototype: true }),
  { maxLength: 20 },
);

Deno.test("decodeGossip() reads what encodeGossip() writes", () => {
  const recordArbitrary = fc.record({ signed: fc.uint8Array(), ageMs: fc.integer({ min: 0, max: 2 ** 32 - 1 }) }, {
    noNullPrototype: true,
  });
  const messageArbitrary = fc.record({
    records: fc.array(recordArbitrary, { maxLength: 5 }),
    suspicions: entriesArbitrary,
    sum: fc.uint8Array(),
    digest: entriesArbitrary,
    want: fc.array(idArbitrary, { maxLength: 20 }),
    closing: fc.boolean(),
  }, { noNullPrototype: true });
  fc.assert(fc.property(messageArbitrary, (message: GossipMessage) => {
    assert.deepEqual(decodeGossip(encodeGossip(message)), message);
  }));
});

Deno.test("silence has no bytes, and no bytes say nothing", () => {
  assert.equal(encodeGossip(SILENCE).length, 0);
  assert.deepEqual(decodeGossip(new Uint8Array()), SILENCE);
});

Deno.test("decodeGossip() reads any bytes, or throws SyntaxError", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        decodeGossip(bytes);
      } catch (reason) {
        assert.ok(reason instanceof SyntaxError);
      }
    }),
    { numRuns: 500 },
  );
});
