import assert from "@std/assert";
import fc from "fast-check";
import { SourceCount } from "../../src/transfer/source_count.ts";

Deno.test("SourceCount adds sources as long as each makes the whole faster", () => {
  const count = new SourceCount(4, 10);
  const counts = [20, 30, 40].map((rate) => {
    count.observe(rate);
    return count.count;
  });
  assert.deepEqual([counts, count.settled], [[3, 4, 4], true]);
});

Deno.test("SourceCount goes back to one source when a second brings nothing", () => {
  const count = new SourceCount(4, 10);
  count.observe(11);
  assert.deepEqual([count.count, count.settled], [1, true]);
  count.observe(100);
  assert.equal(count.count, 1);
});

Deno.test("SourceCount stays within its bounds and settles, whatever it sees", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 6 }), fc.array(fc.nat(1_000), { minLength: 6 }), (max, rates) => {
    const count = new SourceCount(max, 10);
    for (const rate of rates) {
      assert(count.count >= 1 && count.count <= max);
      count.observe(rate);
    }
    assert(count.settled);
  }));
});
