/** How many values are thrown away first, so that similar seeds differ. */
const WARM_UP = 16;

/** Random choices that are the same for the same seed. */
export class SeededRandom {
  #a: number;
  #b = 0x9e3779b9;
  #c = 0x243f6a88;
  #counter = 1;

  /** @param seed A whole number. */
  constructor(seed: number) {
    this.#a = seed | 0;
    this.#b ^= Math.floor(seed / 2 ** 32);
    for (let count = 0; count < WARM_UP; count++) this.#next();
  }

  /** Returns a whole number from 0 to below `count`. */
  below(count: number): number {
    return Math.floor(this.#next() / 2 ** 32 * count);
  }

  /** Returns a whole number from `min` to `max`. */
  between(min: number, max: number): number {
    return min + this.below(max - min + 1);
  }

  /** Returns true with a probability from 0 to 1. */
  chance(probability: number): boolean {
    return this.#next() / 2 ** 32 < probability;
  }

  /** Returns one of the items; undefined if there is none. */
  pick<T>(items: readonly T[]): T | undefined {
    return items[this.below(items.length)];
  }

  /** Returns `count` of the items, or all of them, in any order. */
  sample<T>(items: readonly T[], count: number): T[] {
    const left = [...items];
    const taken: T[] = [];
    while (left.length > 0 && taken.length < count) taken.push(...left.splice(this.below(left.length), 1));
    return taken;
  }

  /** Returns a generator of its own for some part of the work, so that parts do not disturb each other's choices. */
  fork(): SeededRandom {
    return new SeededRandom(this.#next() * 2 ** 21 + (this.#next() >>> 11));
  }

  /** The small fast counter generator of Chris Doty-Humphrey, 32 bits at a time. */
  #next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }
}
