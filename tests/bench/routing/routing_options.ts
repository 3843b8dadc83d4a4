import { parseArgs } from "node:util";

/** What is measured of routing, and how. */
export interface RoutingOptions {
  /** The sizes of the clusters. */
  nodes: readonly number[];
  /** How many keys are announced at once, one figure for each. */
  keys: readonly number[];
  /** How many lookups of each kind are made. */
  lookups: number;
  /** The largest cluster in which the stock kad-dht is measured too. */
  stockNodes: number;
  /** Whether the figures are printed as JSON. */
  json: boolean;
}

/** How it is called. */
export const ROUTING_USAGE = "deno task bench routing [--nodes=10,50,200] [--keys=1000,5000] [--lookups=300] " +
  "[--stock-nodes=50] [--json]";

/** Two nodes are measured, and somebody has to be between them. */
const NODES_MIN = 3;

/**
 * Reads the command line.
 *
 * @throws {SyntaxError} If it is none.
 */
export function parseRoutingOptions(args: readonly string[]): RoutingOptions {
  const values = parse(args);
  const nodes = counts("nodes", values.nodes);
  if (nodes.some((count) => count < NODES_MIN)) {
    throw new SyntaxError(`Cannot use --nodes "${values.nodes}": a cluster has ${NODES_MIN} nodes at least`);
  }
  return {
    nodes,
    keys: counts("keys", values.keys),
    lookups: counts("lookups", values.lookups)[0] ?? 0,
    stockNodes: counts("stock-nodes", values["stock-nodes"])[0] ?? 0,
    json: values.json,
  };
}

function parse(args: readonly string[]) {
  const string = { type: "string" } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        nodes: { ...string, default: "10,50,200" },
        keys: { ...string, default: "1000,5000" },
        lookups: { ...string, default: "300" },
        "stock-nodes": { ...string, default: "50" },
        json: { type: "boolean", default: false },
      },
    }).values;
  } catch (cause) {
    throw new SyntaxError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function counts(name: string, text: string): number[] {
  if (/^\d{1,6}(?:,\d{1,6})*$/.test(text)) return text.split(",").map(Number);
  throw new SyntaxError(`Cannot use --${name} "${text}": expected counts with commas between them`);
}
