/**
 * Measures images that reach a cluster of real containerds in network namespaces, behind a registry with a slow link.
 *
 * @module
 */
import { missingForIntegration } from "../../integration/setup/missing.ts";
import { measureCold } from "./measure_cold.ts";
import { measureWarm } from "./measure_warm.ts";
import { parseRolloutOptions } from "./rollout_options.ts";
import { rolloutTable } from "./rollout_table.ts";

/** Runs `deno task bench rollout` with what follows it on the command line. */
export async function benchRollout(args: readonly string[]): Promise<void> {
  const options = parseRolloutOptions(args);
  const missing = await missingForIntegration();
  if (missing) throw new Error(`Cannot measure rollouts: ${missing}`);
  const before = Deno.loadavg();
  const figures = [...await measureCold(options), ...await measureWarm(options)];
  const machine = {
    cpus: navigator.hardwareConcurrency,
    loadAverage: { before, after: Deno.loadavg() },
    os: Deno.osRelease(),
    deno: Deno.version.deno,
  };
  if (options.json) {
    console.log(JSON.stringify({ machine, options, figures }, null, 2));
    return;
  }
  console.log(rolloutTable(figures));
  const loads = [before, machine.loadAverage.after].map((load) => load.map((value) => value.toFixed(1)).join(" "));
  console.log(`${machine.cpus} CPUs, load average before ${loads[0]}, after ${loads[1]}, Deno ${machine.deno}`);
}
