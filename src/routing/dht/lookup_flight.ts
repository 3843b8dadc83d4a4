import type { BytesKey } from "./bytes_key.ts";
import { onAbort } from "../../core/on_abort.ts";
import type { LookupOptions, Provider } from "../router.ts";

/** How long what was found is used again, in milliseconds: as long as Spegel does. */
const FOUND_TTL_MS = 5_000;
/** The same where fewer were found than are asked for: there may be more by now. */
const FOUND_FEW_TTL_MS = 2_500;
/** The same where a node is not connected: it tells those that hold its records what it has no more, and not this one. */
const FOUND_ELSEWHERE_TTL_MS = 1_500;
/** How long it is remembered that nothing was found, in milliseconds. */
const MISSED_TTL_MS = 1_000;

/** A provider that was found. */
export interface FoundProvider extends Provider {
  /** Tells whether the node is known to be gone by now. */
  isGone(): boolean;
  /** Tells whether the node would say when it does not have the content any more: it is connected. */
  tells(): boolean;
}

/** One search for the providers of a key, shared by everybody who asks for them while it runs and shortly after. */
export class LookupFlight {
  /** The multihash of what is searched. */
  readonly key: BytesKey;
  readonly #found = new Map<string, FoundProvider>();
  #endedMs = Infinity;
  #answered = false;
  #changed = Promise.withResolvers<void>();

  /** @param key The multihash of what is searched. */
  constructor(key: BytesKey) {
    this.key = key;
  }

  /** How many providers are found. */
  get size(): number {
    return this.#found.size;
  }

  /**
   * Returns whether the search still runs, or its result may still be used by somebody who wants `limit` providers: not
   * once all that it found are gone.
   */
  isFresh(limit: number): boolean {
    if (this.#endedMs === Infinity) return true;
    const here = this.#found.values().filter(({ isGone }) => !isGone()).toArray();
    if (this.size > 0 && here.length === 0) return false;
    const foundTtlMs = here.every(({ tells }) => tells()) ? FOUND_TTL_MS : FOUND_ELSEWHERE_TTL_MS;
    const ttlMs = here.length >= limit
      ? foundTtlMs
      : here.length > 0
      ? Math.min(foundTtlMs, FOUND_FEW_TTL_MS)
      : this.#answered
      ? MISSED_TTL_MS
      : 0;
    return Date.now() - this.#endedMs < ttlMs;
  }

  /** Whether the search has ended without a provider. */
  get missed(): boolean {
    return this.#endedMs !== Infinity && this.size === 0;
  }

  /** Returns whether a provider is found already, and not gone since. */
  has(id: string): boolean {
    return this.#found.get(id)?.isGone() === false;
  }

  /** Adds a provider. */
  add(provider: FoundProvider): void {
    this.#found.set(provider.id, provider);
    this.#wake();
  }

  /** Takes a provider out: it does not have the content any more. */
  delete(id: string): void {
    this.#found.delete(id);
  }

  /**
   * Ends the search.
   *
   * @param answered Whether anybody answered: a search that nobody answered says nothing and is not used again.
   */
  end(answered: boolean): void {
    this.#endedMs = Date.now();
    this.#answered = answered;
    this.#wake();
  }

  /** Yields the providers as they are found, without those that are gone by then. */
  async *providers(limit: number, { signal }: LookupOptions): AsyncGenerator<Provider> {
    const { promise: aborted, resolve } = Promise.withResolvers<void>();
    using _ = onAbort(signal, resolve);
    const yielded = new Set<string>();
    while (yielded.size < limit && !signal?.aborted) {
      const next = this.#found.values().find(({ id, isGone }) => !yielded.has(id) && !isGone());
      if (next) {
        yielded.add(next.id);
        yield { id: next.id, hosts: next.hosts };
      } else if (this.#endedMs === Infinity) {
        await Promise.race([this.#changed.promise, aborted]);
      } else {
        return;
      }
    }
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}
