/** How many observations an estimate rests on. */
const WINDOW = 128;

/** The estimate before anything was observed, in milliseconds, as Spegel's. */
const SEED_MS = 50;

/**
 * Estimates how long peers usually take, from the latest observations.
 *
 * Whatever ends an attempt is an observation: success, failure, and being overtaken. An estimate that only saw
 * successes could lock itself out: once all peers are slower than it allows, it would never see one succeed.
 */
export class LatencyEstimate {
  readonly #samplesMs: number[] = [];
  #next = 0;

  /** Adds one observation, in milliseconds. */
  observe(elapsedMs: number): void {
    this.#samplesMs[this.#next] = elapsedMs;
    this.#next = (this.#next + 1) % WINDOW;
  }

  /**
   * Returns the time within which the given share of attempts has ended, in milliseconds.
   *
   * @param share From 0 to 1.
   */
  quantileMs(share: number): number {
    if (this.#samplesMs.length === 0) return SEED_MS;
    const sorted = this.#samplesMs.toSorted((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? SEED_MS;
  }
}
