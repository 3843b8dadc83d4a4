import assert from "@std/assert";
import { rackSizes } from "./chaos_options.ts";
import { describeReport, failures } from "./chaos_report.ts";
import { runChaos } from "./run_chaos.ts";

/** The seed of this run: `deno task chaos --seed=…` gives the same choices again. */
const SEED = Math.floor(Math.random() * 1_000_000);

const isRoot = Deno.uid() === 0;

Deno.test("a cluster answers rightly and in time while nodes die, come back, are cut off and become five times as many", async () => {
  console.log(`seed ${SEED}${isRoot ? "" : "; without root the network is not partitioned"}`);
  const report = await runChaos({
    seed: SEED,
    racks: rackSizes(20),
    rounds: 1,
    partitions: isRoot,
    growTo: 100,
    roundsGrown: 0,
  });
  console.log(describeReport(report));
  assert.deepEqual(failures(report), []);
});
