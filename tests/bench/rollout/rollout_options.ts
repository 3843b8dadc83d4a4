import { parseArgs } from "node:util";
import { CONTAINERD_GENERATIONS, type ContainerdGeneration } from "../../integration/setup/tools.ts";

/** What is measured of rollouts, and how. */
export interface RolloutOptions {
  /** The sizes of the clusters. */
  nodes: readonly number[];
  /** How fast the registry can send, in Mbit/s. */
  upstreamMbit: number;
  /** Which containerd. */
  generation: ContainerdGeneration;
  /** Whether the figures are printed as JSON. */
  json: boolean;
}

/** How it is called. */
export const ROLLOUT_USAGE =
  "deno task bench rollout [--nodes=2,4,8,16] [--upstream-mbit=80] [--containerd=2] [--json]; needs root";

/** Network namespaces are named by letters. */
const NODES_MAX = 26;

/**
 * Reads the command line.
 *
 * @throws {SyntaxError} If it is none.
 */
export function parseRolloutOptions(args: readonly string[]): RolloutOptions {
  const values = parse(args);
  const nodes = values.nodes.split(",").map((text) => count("nodes", text));
  if (nodes.some((many) => many < 2 || many > NODES_MAX)) {
    throw new SyntaxError(`Cannot use --nodes "${values.nodes}": a cluster has 2 to ${NODES_MAX} nodes`);
  }
  const generation = CONTAINERD_GENERATIONS.find((name) => name === values.containerd);
  if (!generation) {
    throw new SyntaxError(
      `Cannot use --containerd "${values.containerd}": expected one of ${CONTAINERD_GENERATIONS.join(", ")}`,
    );
  }
  return { nodes, upstreamMbit: count("upstream-mbit", values["upstream-mbit"]), generation, json: values.json };
}

function parse(args: readonly string[]) {
  const string = { type: "string" } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        nodes: { ...string, default: "2,4,8,16" },
        "upstream-mbit": { ...string, default: "80" },
        containerd: { ...string, default: "2" },
        json: { type: "boolean", default: false },
      },
    }).values;
  } catch (cause) {
    throw new SyntaxError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function count(name: string, text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new SyntaxError(`Cannot use --${name} "${text}": expected a count from 1`);
}
