import { parseArgs } from "node:util";
import { CONTAINERD_GENERATIONS, type ContainerdGeneration } from "../tests/integration/setup/tools.ts";

/** What the demo is asked to do. */
export interface DemoOptions {
  /** Only tell how it is used. */
  help: boolean;
  /** Stay up after the last pull. */
  keep: boolean;
  /** Play with real containerds of this generation, instead of the demo's own client. */
  containerd: ContainerdGeneration | undefined;
}

/** The containerd that `--containerd` without a value means. */
const DEFAULT_GENERATION = "2";

/** How the demo is used. */
export const HELP = `usage: deno task demo [--keep] [--containerd[=<version>]] [--help]

Makes an image, a registry and three nodes on this machine, and lets the nodes
pull the image: all at once, with one download from the registry; one after the
other, from each other; once more with the registry stopped; and once more while
the node that serves a layer is killed in the middle of it. It tells where every
byte came from, checks every digest, and ends by itself: with 0 if all was as it
should be, else with 1.

  --keep                    stay up after the last pull, to look around
  --containerd[=<version>]  with real containerd daemons in network namespaces,
                            and pulls through their CRI; version ${CONTAINERD_GENERATIONS.join(", ")}
                            (default: ${DEFAULT_GENERATION}); needs Linux, root, and the tools
                            that "deno run -A tests/integration/setup.ts" fetches
  --help                    print this

Ctrl-C ends it at any time. There are no colours with NO_COLOR. Everything lies
in a temporary directory, which is removed at the end.`;

/**
 * Reads the command line.
 *
 * @throws {SyntaxError} If it has anything that the demo does not know.
 */
export function parseOptions(args: readonly string[]): DemoOptions {
  // "--containerd" alone means the default, which parseArgs cannot express
  const spelledOut = args.map((arg) => arg === "--containerd" ? `--containerd=${DEFAULT_GENERATION}` : arg);
  const { help = false, keep = false, containerd } = parseFlags(spelledOut);
  const generation = CONTAINERD_GENERATIONS.find((known) => known === containerd);
  if (containerd !== undefined && !generation) {
    throw new SyntaxError(`Cannot use containerd "${containerd}": expected ${CONTAINERD_GENERATIONS.join(", ")}`);
  }
  return { help, keep, containerd: generation };
}

function parseFlags(args: string[]) {
  try {
    return parseArgs({
      args,
      options: { help: { type: "boolean", short: "h" }, keep: { type: "boolean" }, containerd: { type: "string" } },
    }).values;
  } catch (cause) {
    const [why = ""] = cause instanceof Error ? cause.message.split(". ") : [];
    throw new SyntaxError(`Cannot read the command line: ${why}; see --help`, { cause });
  }
}
