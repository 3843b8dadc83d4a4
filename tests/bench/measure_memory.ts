import { GIB, MIB } from "../../src/core/units.ts";
import type { BenchNode } from "./bench_node.ts";
import type { BenchOptions } from "./bench_options.ts";
import type { BenchStage } from "./bench_stage.ts";
import { BUDGETS } from "./budgets.ts";
import { forgetPeak, peakResidentBytes, residentBytes } from "./process_usage.ts";
import type { Result } from "./result.ts";

/** Measures the memory of nodes that do nothing, and at most while they serve and relay to several clients at once. */
export async function measureMemory(stage: BenchStage, { clients, blobBytes }: BenchOptions): Promise<Result[]> {
  const { server, relay } = stage;
  const what = `${(blobBytes / GIB).toPrecision(3)} GiB to ${clients} clients`;
  return [
    await idle("serving node, idle", server),
    await idle("relaying node, idle", relay),
    await busy(`serving ${what}, peak`, stage, server, clients),
    await busy(`relaying ${what}, peak`, stage, relay, clients),
  ];
}

async function idle(name: string, { pid }: BenchNode): Promise<Result> {
  return result(name, await residentBytes(pid), BUDGETS.memory.idleMib);
}

async function busy(name: string, stage: BenchStage, node: BenchNode, clients: number): Promise<Result> {
  await forgetPeak(node.pid);
  await stage.reader.read(stage.blobUrl(node), { clients });
  return result(name, await peakResidentBytes(node.pid), BUDGETS.memory.busyMib);
}

function result(name: string, bytes: number, boundMib: number): Result {
  const residentMib = bytes / MIB;
  const budget = { what: "MiB", kind: "at most", bound: boundMib, value: residentMib } as const;
  return { part: "memory", name, residentMib, budgets: [budget] };
}
