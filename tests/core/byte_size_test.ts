import assert from "@std/assert";
import { parseByteSize } from "../../src/core/byte_size.ts";

const READS: Record<string, number> = {
  "0": 0,
  "1048576": 1_048_576,
  "1B": 1,
  "500MB": 500_000_000,
  "2KB": 2_000,
  "1.5GB": 1_500_000_000,
  "1TB": 1_000_000_000_000,
  "1KiB": 1_024,
  "20GiB": 20 * 2 ** 30,
  "20Gi": 20 * 2 ** 30,
  "1.5Mi": 1_572_864,
  "1Ti": 2 ** 40,
  "8Ki": 8_192,
};

for (const [text, bytes] of Object.entries(READS)) {
  Deno.test(`parseByteSize() reads ${text} as ${bytes} bytes`, () => {
    assert.equal(parseByteSize(text), bytes);
  });
}

for (const text of ["", "GiB", "-1GiB", "1 GiB", "1gib", "1GIB", "1G", "1e3", ".5GiB", "1.GiB", "1XB", "1toString"]) {
  Deno.test(`parseByteSize() refuses "${text}"`, () => {
    assert.throws(() => parseByteSize(text), SyntaxError);
  });
}

Deno.test("parseByteSize() refuses more than can be counted exactly", () => {
  assert.equal(parseByteSize("8191TiB"), 8_191 * 2 ** 40);
  assert.throws(() => parseByteSize("8192TiB"), RangeError);
});
