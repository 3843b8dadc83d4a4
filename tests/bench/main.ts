/**
 * Measures throughput, CPU time and memory of real nodes on this machine, beside nginx where that is installed.
 *
 * @module
 */
import { type BenchOptions, parseBenchOptions, type Part, USAGE } from "./bench_options.ts";
import { type BenchStage, setBenchStage } from "./bench_stage.ts";
import { measureMemory } from "./measure_memory.ts";
import { measureRelay } from "./measure_relay.ts";
import { measureServe } from "./measure_serve.ts";
import { findNginx } from "./nginx.ts";
import type { Result } from "./result.ts";
import { resultsTable } from "./results_table.ts";

const NO_NGINX =
  "nginx is not installed: nothing to compare with (Debian: apt-get install nginx-light; Alpine: apk add nginx)";

const MEASURE: Record<Part, (stage: BenchStage, options: BenchOptions) => Promise<Result[]>> = {
  serve: measureServe,
  relay: measureRelay,
  memory: measureMemory,
};

async function main(args: readonly string[]): Promise<void> {
  const options = parseBenchOptions(args);
  if (!await findNginx()) console.error(NO_NGINX);
  const results: Result[] = [];
  await using stage = await setBenchStage(options.blobBytes);
  // Memory first: "idle" means a node that has not worked yet.
  const parts = options.parts.toSorted((a, b) => Number(b === "memory") - Number(a === "memory"));
  for (const part of parts) {
    console.error(`measuring ${part} …`);
    results.push(...await MEASURE[part](stage, options));
  }
  console.log(options.json ? report(options, results) : resultsTable(results));
}

function report({ blobBytes, runs, clients }: BenchOptions, results: readonly Result[]): string {
  const machine = { cpus: navigator.hardwareConcurrency, os: Deno.osRelease(), deno: Deno.version.deno };
  return JSON.stringify({ machine, blobBytes, runs, clients, results }, null, 2);
}

if (import.meta.main) {
  try {
    await main(Deno.args);
  } catch (reason) {
    if (!(reason instanceof SyntaxError)) throw reason;
    console.error(`${reason.message}\nusage: ${USAGE}`);
    Deno.exit(2);
  }
}
