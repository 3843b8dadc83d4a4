import type { Part } from "./bench_options.ts";
import type { Throughput } from "./measure_throughput.ts";
import type { Budget, Result } from "./result.ts";

/** What a throughput is told with. */
export interface ThroughputResultOptions {
  /** What it is compared with, if that is there. */
  yardstick: Throughput | undefined;
  /** The process whose CPU time is told. */
  process: string;
}

/** Makes a line of results out of a throughput. */
export function throughputResult(part: Part, throughput: Throughput, options: ThroughputResultOptions): Result {
  const { name, gigabytesPerSecond, cpuSecondsPerGib } = throughput;
  const { yardstick, process } = options;
  return {
    part,
    name,
    gigabytesPerSecond,
    ...(yardstick ? { shareOfNginx: gigabytesPerSecond / yardstick.gigabytesPerSecond } : {}),
    cpuSecondsPerGib: cpuSecondsPerGib[process],
    budgets: [],
  };
}

/** Holds a line of results against its budget. */
export function throughputBudgets(
  result: Result,
  budget: { shareOfNginx: number; cpuSecondsPerGib: number },
): Budget[] {
  return [
    { what: "of nginx, sendfile", kind: "at least", bound: budget.shareOfNginx, value: result.shareOfNginx },
    { what: "CPU-s/GiB", kind: "at most", bound: budget.cpuSecondsPerGib, value: result.cpuSecondsPerGib },
  ];
}
