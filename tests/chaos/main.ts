/**
 * Runs chaos for as long as one likes: `deno task chaos`. Prints its seed, which gives the same schedule again.
 *
 * @module
 */
import { SECOND_MS } from "../../src/core/units.ts";
import { CHAOS_USAGE, parseChaosOptions } from "./chaos_options.ts";
import { planChaos } from "./chaos_plan.ts";
import { describeReport, failures } from "./chaos_report.ts";
import { runChaos } from "./run_chaos.ts";

async function main(args: readonly string[]): Promise<number> {
  const options = parseChaosOptions(args);
  if (options.partitions && Deno.uid() !== 0) {
    console.error("The network is not partitioned: that needs root");
    options.partitions = false;
  }
  console.error(`seed ${options.seed}, ${planChaos(options).length} steps`);
  const report = await runChaos({
    ...options,
    onLine: (text, ms) => console.error(`${(ms / SECOND_MS).toFixed(1).padStart(7)} s  ${text}`),
  });
  console.log(describeReport(report));
  const failed = failures(report);
  for (const text of failed) console.log(`FAILED: ${text}`);
  return failed.length > 0 ? 1 : 0;
}

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args));
  } catch (reason) {
    if (!(reason instanceof SyntaxError)) throw reason;
    console.error(`${reason.message}\nusage: ${CHAOS_USAGE}`);
    Deno.exit(2);
  }
}
