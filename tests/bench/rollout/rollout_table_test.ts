import assert from "@std/assert";
import { COLD_BUDGET, type RolloutFigure } from "./rollout_figure.ts";
import { rolloutTable } from "./rollout_table.ts";

const FIGURE: RolloutFigure = {
  nodes: 8,
  what: "cold, flights",
  seconds: 5.04,
  ofAlone: 1.19,
  copies: 1,
  peiliCpuSeconds: 5.2,
  containerdCpuSeconds: 2,
};

Deno.test("rolloutTable() writes a line for each figure, with a verdict where there is a budget", () => {
  const lines = rolloutTable([
    FIGURE,
    { ...FIGURE, atMost: COLD_BUDGET },
    { ...FIGURE, copies: 1.2, atMost: COLD_BUDGET },
    { ...FIGURE, ofAlone: 1.3, atMost: COLD_BUDGET },
  ]).split("\n");
  assert.equal(lines.length, 5);
  assert.match(lines[0] ?? "", /^nodes +what +slowest s +× alone +copies/);
  assert.match(lines[1] ?? "", /^ +8 +cold, flights +5\.0 +1\.19 +1\.00 +5\.2 +2\.0$/);
  assert.match(lines[2] ?? "", /: met$/);
  assert.match(lines[3] ?? "", /: MISSED$/);
  assert.match(lines[4] ?? "", /: MISSED$/);
});
