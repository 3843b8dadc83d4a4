import assert from "@std/assert";
import fc from "fast-check";
import { closest, isCloser } from "../../src/routing/closest.ts";

const placeArbitrary = fc.uint8Array({ minLength: 32, maxLength: 32 });

function distance(a: Uint8Array, b: Uint8Array): bigint {
  return BigInt("0x" + a.map((byte, at) => byte ^ (b[at] ?? 0)).toHex());
}

Deno.test("closest() returns what sorting everything by XOR distance returns", () => {
  fc.assert(fc.property(
    placeArbitrary,
    fc.uniqueArray(placeArbitrary, { selector: (place) => place.toHex(), maxLength: 40 }),
    fc.integer({ min: 0, max: 45 }),
    (target, places, count) => {
      const sorted = places.toSorted((a, b) => distance(target, a) < distance(target, b) ? -1 : 1);
      const found = closest(target, places.map((kadId) => ({ kadId })), count);
      assert.deepEqual(found.map(({ kadId }) => kadId.toHex()), sorted.slice(0, count).map((place) => place.toHex()));
    },
  ));
});

Deno.test("isCloser() compares distances as numbers", () => {
  fc.assert(fc.property(placeArbitrary, placeArbitrary, placeArbitrary, (target, a, b) => {
    assert.equal(isCloser(target, a, b), distance(target, a) < distance(target, b));
  }));
});
