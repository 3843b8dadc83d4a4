import assert from "@std/assert";
import { RateBudget } from "../../../src/routing/dht/rate_budget.ts";

function makeBudget() {
  const clock = { nowMs: 0 };
  return { clock, budget: new RateBudget({ burst: 10, perSecond: 5, now: () => clock.nowMs }) };
}

Deno.test("RateBudget.take() gives each peer a burst, and what comes back with time", () => {
  const { budget, clock } = makeBudget();
  for (let count = 0; count < 10; count++) assert.ok(budget.take("a"));
  assert.ok(!budget.take("a"));
  assert.ok(budget.take("b"), "peers have accounts of their own");
  clock.nowMs += 1_000;
  for (let count = 0; count < 5; count++) assert.ok(budget.take("a"));
  assert.ok(!budget.take("a"));
  clock.nowMs += 1_000_000;
  assert.ok(budget.take("a", 10));
  assert.ok(!budget.take("a"), "no more than a burst is saved up");
});

Deno.test("RateBudget.spend() tells how long to wait for what was spent too much", () => {
  const { budget, clock } = makeBudget();
  assert.equal(budget.spend("a", 10), 0);
  assert.equal(budget.spend("a", 1), 200);
  clock.nowMs += 100;
  assert.equal(budget.spend("a", 0), 100);
});
