import assert from "@std/assert";
import fc from "fast-check";
import { parseByteSize } from "../../src/core/byte_size.ts";

const SIZES: [text: string, bytes: number][] = [
  ["0", 0],
  ["4096", 4096],
  ["1B", 1],
  ["100MiB", 100 * 1024 * 1024],
  ["10Gi", 10 * 1024 ** 3],
  ["1.5GB", 1_500_000_000],
  ["0.5kib", 512],
  ["2 TiB", 2 * 1024 ** 4],
];

for (const [text, bytes] of SIZES) {
  Deno.test(`parseByteSize() reads ${text}`, () => assert.equal(parseByteSize(text), bytes));
}

for (const text of ["", "MiB", "-1", "1e9", "1.", ".5MiB", "1PiB", "1Mib/s", "0x10", "1,5GB", "Infinity", "١MiB"]) {
  Deno.test(`parseByteSize() throws SyntaxError on "${text}"`, () => {
    assert.throws(() => parseByteSize(text), SyntaxError);
  });
}

Deno.test("parseByteSize() throws RangeError on more than can be counted", () => {
  assert.throws(() => parseByteSize("999999999TiB"), RangeError);
});

Deno.test("parseByteSize() returns whole bytes or throws one of two errors, whatever the text", () => {
  fc.assert(fc.property(fc.string(), (text) => {
    try {
      assert(Number.isSafeInteger(parseByteSize(text)));
    } catch (reason) {
      assert(reason instanceof SyntaxError || reason instanceof RangeError);
    }
  }));
});
