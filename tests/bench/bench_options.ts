import { parseArgs } from "node:util";
import { GIB, MIB } from "../../src/core/units.ts";

/** The parts of the benchmark. */
export const PARTS = ["serve", "relay", "memory"] as const;
/** One part of the benchmark. */
export type Part = (typeof PARTS)[number];

/** What is measured, and how. */
export interface BenchOptions {
  /** Which parts, in this order. */
  parts: readonly Part[];
  /** How often each throughput is measured. */
  runs: number;
  /** The size of the blob in bytes. */
  blobBytes: number;
  /** How many clients read at once when memory is measured. */
  clients: number;
  /** Whether the results are printed as JSON. */
  json: boolean;
}

/** How the benchmark is called. */
export const USAGE = "deno task bench [serve|relay|memory] [--runs=5] [--blob-mib=1024] [--clients=8] [--json]";

/**
 * Reads the command line.
 *
 * @throws {SyntaxError} If it is none.
 */
export function parseBenchOptions(args: readonly string[]): BenchOptions {
  const { values, positionals } = parse(args);
  const parts = positionals.map((text) => {
    const part = PARTS.find((name) => name === text);
    if (part) return part;
    throw new SyntaxError(`Cannot measure "${text}": expected one of ${PARTS.join(", ")}`);
  });
  return {
    parts: parts.length > 0 ? parts : PARTS,
    runs: count("runs", values.runs),
    blobBytes: values["blob-mib"] === undefined ? GIB : MIB * count("blob-mib", values["blob-mib"]),
    clients: count("clients", values.clients),
    json: values.json,
  };
}

function parse(args: readonly string[]) {
  const string = { type: "string" } as const;
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        runs: { ...string, default: "5" },
        clients: { ...string, default: "8" },
        "blob-mib": string,
        json: { type: "boolean", default: false },
      },
    });
  } catch (cause) {
    throw new SyntaxError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function count(name: string, text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new SyntaxError(`Cannot use --${name} "${text}": expected a count from 1`);
}
