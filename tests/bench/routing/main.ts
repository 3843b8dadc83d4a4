/**
 * Measures routing between many real nodes on this machine, beside the stock kad-dht where that is bearable.
 *
 * @module
 */
import { figuresTable } from "./figures_table.ts";
import { measureRouting } from "./measure_routing.ts";
import { parseRoutingOptions, ROUTING_USAGE } from "./routing_options.ts";

/** Runs `deno task bench routing` with what follows it on the command line. */
export async function benchRouting(args: readonly string[]): Promise<void> {
  const options = parseRoutingOptions(args);
  const before = Deno.loadavg();
  const figures = await measureRouting(options);
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
  console.log(figuresTable(figures));
  const loads = [before, machine.loadAverage.after].map((load) => load.map((value) => value.toFixed(1)).join(" "));
  console.log(`${machine.cpus} CPUs, load average before ${loads[0]}, after ${loads[1]}, Deno ${machine.deno}`);
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
