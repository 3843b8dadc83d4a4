/**
 * Measures images that reach a cluster of real containerds in network namespaces, behind a registry with a slow link.
 *
 * @module
 */
import { reportFigures } from "../report_figures.ts";
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
  await reportFigures({
    options,
    measure: async () => [...await measureCold(options), ...await measureWarm(options)],
    table: rolloutTable,
  });
}
