import type { Part } from "./bench_options.ts";

/** A bound that a value is held against. */
export interface Budget {
  /** What is bounded, in words. */
  what: string;
  /** Whether the value has to be at least or at most the bound. */
  kind: "at least" | "at most";
  /** The bound. */
  bound: number;
  /** What was measured; undefined if what it is compared with is not there. */
  value: number | undefined;
}

/** One line of what was measured. */
export interface Result {
  /** The part of the benchmark. */
  part: Part;
  /** What was measured. */
  name: string;
  /** Bytes of bodies per second, in units of 10^9: the median of the runs. */
  gigabytesPerSecond?: number;
  /** The share of nginx's throughput in the same runs. */
  shareOfNginx?: number;
  /** User and system time per 2^30 bytes, in seconds, of all runs together. */
  cpuSecondsPerGib?: number;
  /** Resident memory in units of 2^20 bytes. */
  residentMib?: number;
  /** What the values are held against. */
  budgets: readonly Budget[];
}

/** Returns whether a budget is kept; undefined if that cannot be told. */
export function isKept({ kind, bound, value }: Budget): boolean | undefined {
  if (value === undefined) return undefined;
  return kind === "at least" ? value >= bound : value <= bound;
}
