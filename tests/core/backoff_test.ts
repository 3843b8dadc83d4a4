import assert from "@std/assert";
import fc from "fast-check";
import { backoff } from "../../src/core/backoff.ts";

function pauses(options: Parameters<typeof backoff>[0], count: number): number[] {
  return backoff(options).take(count).toArray();
}

Deno.test("backoff() doubles from the first pause to the longest", () => {
  assert.deepEqual(pauses({ minMs: 50, maxMs: 300, jitter: 0 }, 5), [50, 100, 200, 300, 300]);
});

Deno.test("backoff() shortens each pause by no more than its jitter", () => {
  const options = fc.record({
    minMs: fc.integer({ min: 1, max: 1_000 }),
    more: fc.nat(10_000),
    jitter: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(fc.property(options, ({ minMs, more, jitter }) => {
    const maxMs = minMs + more;
    const full = pauses({ minMs, maxMs, jitter: 0 }, 20);
    pauses({ minMs, maxMs, jitter }, 20).forEach((pauseMs, index) => {
      const fullMs = full[index] ?? NaN;
      assert(pauseMs <= fullMs && pauseMs >= fullMs * (1 - jitter) - 1e-9, `${pauseMs} of ${fullMs}`);
    });
  }));
});

for (const options of [{ minMs: 0 }, { minMs: 5, maxMs: 4 }, { jitter: 1.5 }, { jitter: -1 }, { minMs: NaN }]) {
  Deno.test(`backoff() throws RangeError on ${JSON.stringify(options)}`, () => {
    assert.throws(() => backoff(options).next(), RangeError);
  });
}
