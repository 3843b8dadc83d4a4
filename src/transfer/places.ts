/** A number of places that can be taken and given back. */
export class Places {
  #free: number;

  /** @param count How many there are. */
  constructor(count: number) {
    this.#free = count;
  }

  /** Takes a place, which is free again once what is returned is disposed of. Undefined when none is free. */
  take(): Disposable | undefined {
    if (this.#free === 0) return undefined;
    this.#free--;
    let over = false;
    return {
      [Symbol.dispose]: () => {
        if (!over) this.#free++;
        over = true;
      },
    };
  }
}
