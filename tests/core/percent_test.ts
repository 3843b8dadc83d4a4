import assert from "@std/assert";
import { parsePercent } from "../../src/core/percent.ts";

for (const [text, percent] of Object.entries({ "20%": 20, "20": 20, "0%": 0, "100%": 100, "12.5%": 12.5 })) {
  Deno.test(`parsePercent() reads ${text}`, () => assert.equal(parsePercent(text), percent));
}

for (const text of ["", "%", "-1%", "20 %", "abc", "20%%", "1e1", "0x10", ".5%"]) {
  Deno.test(`parsePercent() refuses "${text}"`, () => assert.throws(() => parsePercent(text), SyntaxError));
}

for (const text of ["101%", "100.1"]) {
  Deno.test(`parsePercent() refuses "${text}", which is more than everything`, () => {
    assert.throws(() => parsePercent(text), RangeError);
  });
}
