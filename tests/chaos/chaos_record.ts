import type { HostUsage } from "../support/routing/host_calls.ts";
import type { ChaosReport, MemorySample } from "./chaos_report.ts";
import { type Answer, type Violation, VIOLATIONS } from "./oracle.ts";
import type { TrafficFigures } from "./traffic.ts";

/** How a {@linkcode ChaosRecord} is kept. */
export interface ChaosRecordOptions {
  seed: number;
  /** Returns what the node with a peer id is called. */
  nameOf(id: string): string;
  /** Told of each step and of what is wrong, with the time since the start in milliseconds. */
  onLine?(text: string, ms: number): void;
}

/** How often the same kind of thing is told as it happens; all of them are counted. */
const TOLD_MAX = 4;

/** Keeps account of a run. */
export class ChaosRecord {
  readonly #options: ChaosRecordOptions;
  readonly #startMs = performance.now();
  readonly #wrong: ChaosReport["wrong"] = new Map();
  readonly #recoveriesMs: number[] = [];
  readonly #memory: MemorySample[] = [];
  #missed = 0;
  #stallMs = 0;

  constructor(options: ChaosRecordOptions) {
    this.#options = options;
  }

  /** Takes note of a step that begins. */
  step(text: string): void {
    this.#missed = 0;
    this.#tell(text);
  }

  /** Takes note of a wrong answer. */
  violation({ kind, answer, provider, ms }: Violation): void {
    const about = provider === undefined ? "" : `; it is ${this.#options.nameOf(provider)}`;
    this.#note(
      `an answer ${VIOLATIONS[kind]}`,
      this.#describe(answer) + about + (ms ? `, for ${ms.toFixed(0)} ms` : ""),
    );
  }

  /** Takes note of an answer that names nobody though somebody could have been found. It may, while things change. */
  miss(answer: Answer): void {
    if (++this.#missed <= TOLD_MAX) this.#tell(`missed: ${this.#describe(answer)}`);
  }

  /** Takes note of a recovery, and of what is not recovered. */
  recovery(ms: number, missing: readonly string[]): void {
    this.#recoveriesMs.push(ms);
    for (const text of missing) this.#note("not recovered in time", text);
  }

  /** Takes note of what the process of a rack takes, and of its memory if that has to stay flat. */
  usage(
    { stallMs, heapBytes, residentBytes }: HostUsage,
    place?: Pick<MemorySample, "rack" | "rackNodes" | "allNodes">,
  ) {
    this.#stallMs = Math.max(this.#stallMs, stallMs);
    if (place) this.#memory.push({ ...place, heapBytes, residentBytes });
  }

  /** Returns all of it. */
  report(traffic: TrafficFigures): ChaosReport {
    return {
      seed: this.#options.seed,
      ms: performance.now() - this.#startMs,
      recoveriesMs: this.#recoveriesMs,
      wrong: this.#wrong,
      traffic,
      memory: this.#memory,
      stallMs: this.#stallMs,
    };
  }

  #note(kind: string, example: string): void {
    const known = this.#wrong.get(kind) ?? { count: 0, example };
    this.#wrong.set(kind, known);
    if (++known.count <= TOLD_MAX) this.#tell(`WRONG: ${kind}: ${example}`);
  }

  #describe({ asker, key, outcome }: Answer): string {
    const { nameOf } = this.#options;
    const names = outcome.providers.map(({ id, atMs }) => `${nameOf(id)} after ${atMs.toFixed(1)} ms`).join("; ");
    return `${nameOf(asker)} asked for ${key.slice(0, 15)}…, got [${names}], end after ${outcome.endMs.toFixed(1)} ms`;
  }

  #tell(text: string): void {
    this.#options.onLine?.(text, performance.now() - this.#startMs);
  }
}
