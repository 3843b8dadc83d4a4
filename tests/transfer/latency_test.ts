import assert from "@std/assert";
import fc from "fast-check";
import { LatencyEstimate } from "../../src/transfer/latency.ts";

Deno.test("LatencyEstimate begins with the seed", () => {
  assert.equal(new LatencyEstimate().quantileMs(0.9), 50);
});

Deno.test("LatencyEstimate gives the quantile of what was observed", () => {
  const estimate = new LatencyEstimate();
  for (let ms = 100; ms >= 1; ms--) estimate.observe(ms);
  assert.deepEqual([estimate.quantileMs(0), estimate.quantileMs(0.5), estimate.quantileMs(0.9)], [1, 51, 91]);
  assert.equal(estimate.quantileMs(1), 100);
});

Deno.test("LatencyEstimate forgets old observations: peers that became slow are waited for again", () => {
  const estimate = new LatencyEstimate();
  for (let count = 0; count < 1_000; count++) estimate.observe(1);
  assert.equal(estimate.quantileMs(0.9), 1);
  for (let count = 0; count < 128; count++) estimate.observe(700);
  assert.equal(estimate.quantileMs(0), 700);
});

Deno.test("LatencyEstimate is always one of the latest observations", () => {
  const observations = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 300 });
  fc.assert(fc.property(observations, fc.double({ min: 0, max: 1, noNaN: true }), (observed, share) => {
    const estimate = new LatencyEstimate();
    for (const ms of observed) estimate.observe(ms);
    assert(observed.slice(-128).includes(estimate.quantileMs(share)));
  }));
});
