/**
 * Measures throughput, CPU time and memory of real nodes on this machine, beside nginx where that is installed.
 *
 * @module
 */
import { tempDir } from "../support/temp_dir.ts";
import { type BenchOptions, parseBenchOptions, type Part, USAGE } from "./bench_options.ts";
import { type BenchStage, setBenchStage } from "./bench_stage.ts";
import { measureMemory } from "./measure_memory.ts";
import { measureRelay } from "./measure_relay.ts";
import { measureServe } from "./measure_serve.ts";
import { findNginx } from "./nginx.ts";
import type { Result } from "./result.ts";
import { resultsTable } from "./results_table.ts";
import { benchRollout } from "./rollout/main.ts";
import { ROLLOUT_USAGE } from "./rollout/rollout_options.ts";
import { benchRouting } from "./routing/main.ts";
import { ROUTING_USAGE } from "./routing/routing_options.ts";

const NO_NGINX =
  "nginx is not installed: nothing to compare with (Debian: apt-get install nginx-light; Alpine: apk add nginx)";

const BUSY = "other programs are busy here: throughputs will be too low, CPU time and memory hardly suffer";

const MEASURE: Record<Part, (stage: BenchStage, options: BenchOptions) => Promise<Result[]>> = {
  serve: measureServe,
  relay: measureRelay,
  memory: measureMemory,
};

async function main(args: readonly string[]): Promise<void> {
  // Clusters of its own, and none of the flags below.
  if (args[0] === "rollout") return await benchRollout(args.slice(1));
  if (args[0] === "routing") return await benchRouting(args.slice(1));
  const options = parseBenchOptions(args);
  const [load = 0] = Deno.loadavg();
  if (load > navigator.hardwareConcurrency / 2) console.error(`${BUSY} (load ${load.toFixed(1)})`);
  if (!await findNginx()) console.error(NO_NGINX);
  await using dir = await tempDir();
  removeWhenInterrupted(dir.path);
  await using stage = await setBenchStage(dir.path, options.blobBytes);
  const results: Result[] = [];
  // Memory first: "idle" means a node that has not worked yet.
  for (const part of options.parts.toSorted((a, b) => Number(b === "memory") - Number(a === "memory"))) {
    console.error(`measuring ${part} …`);
    results.push(...await MEASURE[part](stage, options));
  }
  console.log(options.json ? report(options, load, results) : resultsTable(results));
}

/** The blob is large, and what an interrupted program has started ends by itself. */
function removeWhenInterrupted(dir: string): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => {
      Deno.removeSync(dir, { recursive: true });
      Deno.exit(130);
    });
  }
}

function report({ blobBytes, runs, clients }: BenchOptions, load: number, results: readonly Result[]): string {
  const machine = { cpus: navigator.hardwareConcurrency, load, os: Deno.osRelease(), deno: Deno.version.deno };
  return JSON.stringify({ machine, blobBytes, runs, clients, results }, null, 2);
}

if (import.meta.main) {
  try {
    await main(Deno.args);
    Deno.exit(); // the signal listeners would go on
  } catch (reason) {
    if (!(reason instanceof SyntaxError)) throw reason;
    console.error(`${reason.message}\nusage: ${USAGE}\n       ${ROUTING_USAGE}\n       ${ROLLOUT_USAGE}`);
    Deno.exit(2);
  }
}
