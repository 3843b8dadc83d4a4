/** By how much the rate must rise for one more source to be worth it. */
const WORTH_IT = 1.2;

/**
 * Finds out how many sources are worth using: one more as long as that makes the whole faster. When it does not, the
 * link is what is slow, and more sources would only be more work for everybody.
 */
export class SourceCount {
  readonly #max: number;
  #count = 2;
  #before: number;
  #settled = false;

  /**
   * @param max The most sources.
   * @param aloneRate What one source alone has brought, in bytes per second.
   */
  constructor(max: number, aloneRate: number) {
    this.#max = max;
    this.#before = aloneRate;
    if (max < this.#count) {
      this.#count = max;
      this.#settled = true;
    }
  }

  /** How many sources are to be used now. */
  get count(): number {
    return this.#count;
  }

  /** Whether the count changes no more. */
  get settled(): boolean {
    return this.#settled;
  }

  /** Takes what this many sources have brought for a while, in bytes per second. */
  observe(rate: number): void {
    if (this.#settled) return;
    if (rate < this.#before * WORTH_IT) {
      this.#count--;
      this.#settled = true;
      return;
    }
    this.#before = rate;
    if (this.#count === this.#max) this.#settled = true;
    else this.#count++;
  }
}
