import assert from "@std/assert";
import { percentile } from "./percentile.ts";

Deno.test("percentile() returns the observed value that the share does not exceed", () => {
  const values = [5, 1, 4, 2, 3];
  const cases: [share: number, value: number][] = [[0, 1], [0.2, 1], [0.5, 3], [0.99, 5], [1, 5]];
  for (const [share, value] of cases) assert.equal(percentile(values, share), value, `share ${share}`);
  assert.deepEqual(values, [5, 1, 4, 2, 3], "the values stay as they are");
});

Deno.test("percentile() throws RangeError without values", () => {
  assert.throws(() => percentile([], 0.5), RangeError);
});
