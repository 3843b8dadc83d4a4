import assert from "@std/assert";
import fc from "fast-check";
import { readJsonLines } from "./json_lines.ts";

Deno.test("readJsonLines() reads every value, wherever the stream is cut", async () => {
  const cases = fc.asyncProperty(fc.array(fc.jsonValue()), fc.integer({ min: 1, max: 50 }), async (values, size) => {
    const bytes = new TextEncoder().encode(values.map((value) => `${JSON.stringify(value)}\n`).join(""));
    const parts = function* () {
      for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
    };
    const read = await Array.fromAsync(readJsonLines(ReadableStream.from(parts())));
    assert.equal(JSON.stringify(read), JSON.stringify(values));
  });
  await fc.assert(cases, { numRuns: 50 });
});

Deno.test("readJsonLines() throws SyntaxError on anything else", async () => {
  const stream = new Blob(["{}\nnothing\n"]).stream();
  await assert.rejects(() => Array.fromAsync(readJsonLines(stream)), SyntaxError);
});
