import assert from "@std/assert";
import { SECOND_MS } from "../../src/core/units.ts";
import { describeReport, failures } from "./chaos_report.ts";
import { rackSizes } from "./chaos_options.ts";
import { runChaos } from "./run_chaos.ts";

/** How many nodes there are at first and in the end: few enough for two processors. */
const NODES = { first: 10, grown: 16 };

// The long form is `deno task chaos`; `--seed` runs the same schedule again.
Deno.test("a cluster under kills, stops and partitions gives no wrong and no late answer, and recovers", async () => {
  const seed = Math.floor(Math.random() * 1_000_000);
  console.log(`seed ${seed}`);
  const report = await runChaos({
    seed,
    racks: rackSizes(NODES.first),
    rounds: 1,
    partitions: Deno.uid() === 0,
    growTo: NODES.grown,
    roundsGrown: 1,
    onLine: (text, ms) => console.log(`${(ms / SECOND_MS).toFixed(1).padStart(7)} s  ${text}`),
  });
  console.log(describeReport(report));
  assert.deepEqual(failures(report), []);
  assert.ok(report.traffic.answerable > 0, "nothing was asked that could have been found");
});
