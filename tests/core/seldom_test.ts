import assert from "@std/assert";
import { Seldom } from "../../src/core/seldom.ts";
import { MINUTE_MS } from "../../src/core/units.ts";
import { clockAhead } from "../support/clock_ahead.ts";

Deno.test("Seldom takes for news what was not said for ten minutes", () => {
  const said = new Seldom();
  assert.deepEqual(["a", "b", "a"].map((what) => said.isNews(what)), [true, true, false]);
  using _later = clockAhead(11 * MINUTE_MS);
  assert.deepEqual(["a", "a"].map((what) => said.isNews(what)), [true, false]);
});

Deno.test("Seldom remembers no more than some hundred things", () => {
  const said = new Seldom();
  for (let count = 0; count < 1_000; count++) said.isNews(`${count}`);
  assert.equal(said.isNews("0"), true);
  assert.equal(said.isNews("999"), false);
});
