import { parseArgs } from "node:util";
import type { ChaosPlanOptions } from "./chaos_plan.ts";

/** How it is called. */
export const CHAOS_USAGE =
  "deno task chaos [--seed=<number>] [--minutes=10] [--nodes=20] [--grow-to=100] [--no-partitions]";

/** The shares of the nodes in the racks: two that last, two large ones, a pair, and a node that dies alone. */
const RACK_SHARES = [0.2, 0.2, 0.25, 0.2, 0.1, 0.05];
/** About how long a round of faults takes, in minutes. */
const ROUND_MINUTES = 0.75;
/** Seeds that are easy to type. */
const SEED_MAX = 1_000_000;

/**
 * Reads the command line. A seed that is not given is chosen by chance.
 *
 * @throws {SyntaxError} If it is none.
 */
export function parseChaosOptions(args: readonly string[]): ChaosPlanOptions {
  const values = parse(args);
  const minutes = count("minutes", values.minutes);
  const nodes = count("nodes", values.nodes);
  const rounds = Math.round(minutes / ROUND_MINUTES / 2);
  return {
    seed: values.seed === undefined ? Math.floor(Math.random() * SEED_MAX) : count("seed", values.seed),
    racks: rackSizes(nodes),
    rounds: Math.max(1, rounds),
    partitions: !values["no-partitions"],
    growTo: count("grow-to", values["grow-to"]),
    roundsGrown: rounds,
  };
}

/** Divides nodes among racks, each of which gets one at least. */
export function rackSizes(nodes: number): number[] {
  return RACK_SHARES.map((share) => Math.max(1, Math.round(share * nodes)));
}

function parse(args: readonly string[]) {
  const string = { type: "string" } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        seed: string,
        minutes: { ...string, default: "10" },
        nodes: { ...string, default: "20" },
        "grow-to": { ...string, default: "100" },
        "no-partitions": { type: "boolean", default: false },
      },
    }).values;
  } catch (cause) {
    throw new SyntaxError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function count(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new SyntaxError(`Cannot use --${name} "${text}": expected a whole number`);
}
