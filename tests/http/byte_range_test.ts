import assert from "@std/assert";
import fc from "fast-check";
import {
  type ByteRange,
  contentRange,
  parseByteRange,
  parseContentRange,
  RangeNotSatisfiableError,
} from "../../src/http/byte_range.ts";

/** What a header means, byte by byte: the model that the parser is compared with. */
function selectedBytes(spec: { first?: number; last?: number }, size: number): number[] {
  const { first, last } = spec;
  const all = Array.from({ length: size }, (_, position) => position);
  if (first === undefined) return all.slice(size - Math.min(last ?? 0, size));
  if (last !== undefined && last < first) return [];
  return all.filter((position) => position >= first && position <= (last ?? Infinity));
}

function parsed(header: string, size: number): ByteRange | undefined | "416" {
  try {
    return parseByteRange(header, size);
  } catch (reason) {
    if (!(reason instanceof RangeNotSatisfiableError)) throw reason;
    assert.equal(reason.size, size);
    return "416";
  }
}

Deno.test("parseByteRange() selects the bytes that the model selects", () => {
  const position = fc.option(fc.nat(40), { nil: undefined });
  fc.assert(
    fc.property(fc.nat(30), position, position, fc.constantFrom("", " ", "\t "), (size, first, last, space) => {
      fc.pre(first !== undefined || last !== undefined);
      const range = parsed(`bytes=${space}${first ?? ""}${space}-${space}${last ?? ""}${space}`, size);
      const expected = selectedBytes({ first, last }, size);
      if (expected.length === 0) return assert.equal(range, "416");
      assert.deepEqual(range, { start: expected[0], end: expected.at(-1) });
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("parseByteRange() returns bytes within the content, or nothing, or throws RangeNotSatisfiableError", () => {
  const header = fc.oneof(
    fc.string(),
    fc.stringMatching(/^bytes=[-0-9 ,.e+]*$/),
    fc.tuple(fc.bigInt({ min: 0n }), fc.bigInt({ min: 0n })).map(([first, last]) => `bytes=${first}-${last}`),
  );
  const size = fc.oneof(fc.nat(), fc.maxSafeNat());
  fc.assert(
    fc.property(header, size, (header, size) => {
      const range = parsed(header, size);
      if (range === undefined || range === "416") return;
      const { start, end } = range;
      assert(Number.isSafeInteger(start) && Number.isSafeInteger(end));
      assert(0 <= start && start <= end && end < size);
    }),
    { numRuns: 1_000 },
  );
});

for (const header of ["bytes=0-0,2-3", "bytes=,", "lines=1-2", "bytes", "bytes 0-5", "0-5", ""]) {
  Deno.test(`parseByteRange() ignores "${header}"`, () => assert.equal(parseByteRange(header, 10), undefined));
}

Deno.test("parseByteRange() without a header selects everything", () => {
  assert.equal(parseByteRange(null, 10), undefined);
});

for (
  const header of ["bytes=", "bytes=-", "bytes=a-b", "bytes=1", "bytes=0x1-2", "bytes=1e1-", "bytes=--1", "bytes=٣-"]
) {
  Deno.test(`parseByteRange() throws on "${header}"`, () => assert.equal(parsed(header, 10), "416"));
}

Deno.test("RangeNotSatisfiableError repeats little of a long header", () => {
  assert(new RangeNotSatisfiableError("9".repeat(10_000), 5).message.length < 200);
});

Deno.test("parseContentRange() reads what contentRange() wrote", () => {
  const sizes = fc.tuple(fc.nat(10_000), fc.nat(10_000), fc.nat(10_000)).map(([start, more, rest]) => ({
    start,
    end: start + more,
    size: start + more + 1 + rest,
  }));
  fc.assert(fc.property(sizes, ({ start, end, size }) => {
    assert.deepEqual(parseContentRange(contentRange({ start, end }, size)), { start, end, size });
  }));
});

const NO_RANGES = [null, "", "bytes */5", "bytes 0-4/*", "bytes 5-4/10", "bytes 0-10/10", "bytes=0-4/5", "items 0-4/5"]
  .concat([
    "bytes 0-4/5 ",
    "bytes 0-4/5, bytes 0-4/5",
    "bytes -1-4/5",
    "bytes 0-1e1/20",
    `bytes 0-4/${"9".repeat(16)}`,
  ]);

for (const header of NO_RANGES) {
  Deno.test(`parseContentRange() returns undefined for ${JSON.stringify(header)}`, () => {
    assert.equal(parseContentRange(header), undefined);
  });
}
