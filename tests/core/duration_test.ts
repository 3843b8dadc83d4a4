import assert from "@std/assert";
import fc from "fast-check";
import { parseDurationMs } from "../../src/core/duration.ts";

const READS: Record<string, number> = {
  "0": 0,
  "0s": 0,
  "20ms": 20,
  "5s": 5_000,
  "1m30s": 90_000,
  "1h": 3_600_000,
  "1.5h": 5_400_000,
  ".5s": 500,
  "1.s": 1_000,
  "1m1ms": 60_001,
  "250us": 0.25,
  "250\u00b5s": 0.25,
  "250\u03bcs": 0.25,
  "1000000ns": 1,
};

for (const [text, ms] of Object.entries(READS)) {
  Deno.test(`parseDurationMs() reads ${text} as ${ms} ms`, () => {
    assert.equal(parseDurationMs(text), ms);
  });
}

for (
  const text of ["", "5", "-5s", "+5s", "s", ".s", "5 s", " 5s", "5s ", "5S", "1d", "1e3s", "5s\n", "٣s", "Infinity"]
) {
  Deno.test(`parseDurationMs() throws SyntaxError on ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseDurationMs(text), SyntaxError);
  });
}

Deno.test("parseDurationMs() throws RangeError on what Go could not hold", () => {
  assert.throws(() => parseDurationMs("3000000h"), RangeError);
  assert.throws(() => parseDurationMs(`${"9".repeat(400)}s`), RangeError);
});

Deno.test("parseDurationMs() adds up parts in any order", () => {
  const units = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;
  const part = fc.tuple(fc.nat(10_000), fc.constantFrom(...Object.keys(units) as (keyof typeof units)[]));
  fc.assert(fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
    const text = parts.map(([amount, unit]) => `${amount}${unit}`).join("");
    assert.equal(parseDurationMs(text), parts.reduce((sum, [amount, unit]) => sum + amount * units[unit], 0));
  }));
});

Deno.test("parseDurationMs() returns a finite duration or throws SyntaxError or RangeError on any text", () => {
  const text = fc.oneof(fc.string(), fc.stringMatching(/^[0-9.hmsnu]*$/), fc.stringMatching(/^([0-9]+(h|m|s))*$/));
  fc.assert(fc.property(text, (text) => {
    try {
      const ms = parseDurationMs(text);
      assert(Number.isFinite(ms) && ms >= 0);
    } catch (reason) {
      if (!(reason instanceof SyntaxError || reason instanceof RangeError)) throw reason;
      assert(reason.message.length < 200);
    }
  }));
});
