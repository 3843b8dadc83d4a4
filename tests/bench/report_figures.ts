/** How {@linkcode reportFigures} reports. */
export interface ReportOptions<Figure> {
  /** What was asked for, `json` among it: whether figures are printed as JSON. */
  options: { readonly json: boolean };
  /** Measures. */
  measure(): Promise<readonly Figure[]>;
  /** Writes figures as a table for people. */
  table(figures: readonly Figure[]): string;
}

/** Measures, and prints the figures with what the machine was like meanwhile. */
export async function reportFigures<Figure>({ options, measure, table }: ReportOptions<Figure>): Promise<void> {
  const before = Deno.loadavg();
  const figures = await measure();
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
  console.log(table(figures));
  const loads = [before, machine.loadAverage.after].map((load) => load.map((value) => value.toFixed(1)).join(" "));
  console.log(`${machine.cpus} CPUs, load average before ${loads[0]}, after ${loads[1]}, Deno ${machine.deno}`);
}
