/** Those who want to hear of members that go. */
export class GoneListeners {
  readonly #listeners = new Set<(id: string) => void>();

  /** Adds one, until the signal aborts. */
  add(listener: (id: string) => void, { signal }: { signal: AbortSignal }): void {
    if (signal.aborted) return;
    const added = (id: string) => listener(id); // the same function may be added twice
    this.#listeners.add(added);
    signal.addEventListener("abort", () => this.#listeners.delete(added), { once: true });
  }

  /** Tells all of them that a member is gone. */
  tell(id: string): void {
    for (const listener of [...this.#listeners]) listener(id);
  }
}
