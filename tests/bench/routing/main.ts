/**
 * Measures routing between many real nodes on this machine, beside the stock kad-dht where that is bearable.
 *
 * @module
 */
import { reportFigures } from "../report_figures.ts";
import { figuresTable } from "./figures_table.ts";
import { measureRouting } from "./measure_routing.ts";
import { parseRoutingOptions, ROUTING_USAGE } from "./routing_options.ts";

/** Runs `deno task bench routing` with what follows it on the command line. */
export async function benchRouting(args: readonly string[]): Promise<void> {
  const options = parseRoutingOptions(args);
  await reportFigures({ options, measure: () => measureRouting(options), table: figuresTable });
}

if (import.meta.main) {
  try {
    await benchRouting(Deno.args);
  } catch (reason) {
    if (!(reason instanceof SyntaxError)) throw reason;
    console.error(`${reason.message}\nusage: ${ROUTING_USAGE}`);
    Deno.exit(2);
  }
}
