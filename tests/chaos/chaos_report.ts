import { MIB, SECOND_MS } from "../../src/core/units.ts";
import type { TrafficFigures } from "./traffic.ts";

/** What a rack that lasts took at some time. */
export interface MemorySample {
  /** The number of the rack. */
  rack: number;
  /** How many nodes it and the whole cluster had. */
  rackNodes: number;
  allNodes: number;
  /** What lived on the heap after a garbage collection, and resident memory, in bytes. */
  heapBytes: number;
  residentBytes: number;
}

/** What came of a run. */
export interface ChaosReport {
  /** The seed, which gives the same schedule again. */
  seed: number;
  /** How long it took, in milliseconds. */
  ms: number;
  /** How long each recovery took, in milliseconds. */
  recoveriesMs: number[];
  /** What was wrong, in words: a count for each kind, with an example. */
  wrong: Map<string, { count: number; example: string }>;
  traffic: TrafficFigures;
  memory: MemorySample[];
  /** How long the event loop of a rack was held up at most, in milliseconds: late answers may come from that. */
  stallMs: number;
}

/** How much the heap of a rack may grow from the first to the last time that it had so many nodes. */
const HEAP_GROWTH = { share: 0.25, bytes: 6 * MIB };

/** Tells what is wrong with a run, in one line each. */
export function failures({ wrong, memory }: ChaosReport): string[] {
  return [...[...wrong].map(([kind, { count, example }]) => `${count} × ${kind}: ${example}`), ...growths(memory)];
}

/** Writes the figures of a run for people. */
export function describeReport(report: ChaosReport): string {
  const { seed, ms, recoveriesMs, traffic, memory, stallMs } = report;
  const share = traffic.answerable === 0 ? "none" : `${(100 * traffic.answered / traffic.answerable).toFixed(2)} %`;
  const seconds = (ms: number) => (ms / SECOND_MS).toFixed(1);
  return [
    `seed ${seed}, ${seconds(ms)} s`,
    `lookups ${traffic.lookups}; found when it could be: ${share} of ${traffic.answerable}`,
    `latest answer ${traffic.latestMs.toFixed(0)} ms after its deadline (event loops held up to ${
      stallMs.toFixed(0)
    } ms)`,
    `dead nodes named for ${traffic.deadNamedMs.toFixed(0)} ms at most`,
    `recoveries ${recoveriesMs.map(seconds).join(", ")} s`,
    ...memory.map(({ rack, rackNodes, allNodes, heapBytes, residentBytes }) =>
      `memory of rack ${rack} with ${rackNodes} of ${allNodes} nodes: ` +
      `heap ${(heapBytes / MIB).toFixed(1)} MiB, resident ${(residentBytes / MIB).toFixed(0)} MiB`
    ),
  ].join("\n");
}

/** Compares the first and the last sample of each rack at each size. */
function growths(memory: readonly MemorySample[]): string[] {
  const bySize = Object.groupBy(
    memory,
    ({ rack, rackNodes, allNodes }) => `rack ${rack}, ${rackNodes}/${allNodes} nodes`,
  );
  return Object.entries(bySize).flatMap(([name, samples = []]) => {
    const [first, last] = [samples[0]?.heapBytes ?? 0, samples.at(-1)?.heapBytes ?? 0];
    if (last <= first * (1 + HEAP_GROWTH.share) + HEAP_GROWTH.bytes) return [];
    return [`the heap of ${name} grew from ${(first / MIB).toFixed(1)} to ${(last / MIB).toFixed(1)} MiB`];
  });
}
