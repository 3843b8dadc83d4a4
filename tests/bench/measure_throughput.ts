import { GIB } from "../../src/core/units.ts";
import type { BlobReader } from "./blob_reader.ts";
import { cpuSeconds } from "./process_usage.ts";

/** Something that serves the blob. */
export interface Contender {
  /** How it is called in the results. */
  name: string;
  /** Where the blob is. */
  url: string;
  /** The first byte that is read. @default {0} */
  start?: number;
  /** The processes that take part, by name. */
  pids: Record<string, number>;
}

/** How a contender did. */
export interface Throughput {
  /** How it is called. */
  name: string;
  /** The median of all runs, in units of 10^9 bytes. */
  gigabytesPerSecond: number;
  /** CPU time per 2^30 bytes of each process, in seconds, of all runs together. */
  cpuSecondsPerGib: Record<string, number>;
}

/**
 * Reads the blob from each contender in turn, `runs` times and once before that to warm up, so that whatever else the
 * machine does meets all of them alike.
 */
export async function measureThroughput(
  contenders: readonly Contender[],
  reader: BlobReader,
  runs: number,
): Promise<Throughput[]> {
  const tallies = contenders.map((contender) => new Tally(contender));
  for (const { url, start } of contenders) await reader.read(url, { start });
  for (let run = 0; run < runs; run++) {
    for (const tally of tallies) await tally.run(reader);
  }
  return tallies.map((tally) => tally.throughput());
}

class Tally {
  readonly #contender: Contender;
  readonly #speeds: number[] = [];
  readonly #cpuSeconds: Record<string, number> = {};
  #bytes = 0;

  constructor(contender: Contender) {
    this.#contender = contender;
  }

  async run(reader: BlobReader): Promise<void> {
    const { url, start, pids } = this.#contender;
    const before = await cpuOf(pids);
    const { bytes, seconds } = await reader.read(url, { start });
    const after = await cpuOf(pids);
    this.#bytes += bytes;
    this.#speeds.push(bytes / seconds / 1e9);
    for (const [name, at] of Object.entries(after)) {
      this.#cpuSeconds[name] = (this.#cpuSeconds[name] ?? 0) + at - (before[name] ?? 0);
    }
  }

  throughput(): Throughput {
    const perGib = Object.entries(this.#cpuSeconds).map(([name, used]) => [name, used * GIB / this.#bytes]);
    return {
      name: this.#contender.name,
      gigabytesPerSecond: median(this.#speeds),
      cpuSecondsPerGib: Object.fromEntries(perGib),
    };
  }
}

async function cpuOf(pids: Record<string, number>): Promise<Record<string, number>> {
  const entries = Object.entries(pids).map(async ([name, pid]) => [name, await cpuSeconds(pid)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}
