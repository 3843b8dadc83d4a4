import type { Digest } from "../../src/oci/digest.ts";
import { ContentNotFoundError, StoreUnavailableError } from "../../src/store/content_store.ts";
import type { ContentLeases, Lease } from "../../src/store/leases.ts";

/** Leases in memory, which count what they are asked. */
export class MemoryLeases implements ContentLeases {
  /** What each lease keeps. */
  readonly kept: Map<string, Lease & { digests: Set<Digest> }> = new Map();
  /** Whether nothing is answered. */
  away = false;
  /** How often something was changed. */
  writes = 0;

  /** All that any lease keeps. */
  get digests(): Digest[] {
    return [...new Set([...this.kept.values()].flatMap(({ digests }) => [...digests]))];
  }

  create(lease: Lease): Promise<void> {
    return this.#write(() => void this.kept.set(lease.id, { ...lease, digests: new Set() }));
  }

  list(): Promise<Lease[]> {
    return this.#answer(() => [...this.kept.values()].map(({ id, expiresMs }) => ({ id, expiresMs })));
  }

  contents(id: string): Promise<Digest[]> {
    return this.#answer(() => [...this.kept.get(id)?.digests ?? []]);
  }

  add(id: string, digest: Digest): Promise<void> {
    return this.#write(() => {
      const lease = this.kept.get(id);
      if (!lease) throw new ContentNotFoundError(id);
      lease.digests.add(digest);
    });
  }

  remove(id: string, digest: Digest): Promise<void> {
    return this.#write(() => void this.kept.get(id)?.digests.delete(digest));
  }

  delete(id: string): Promise<void> {
    return this.#write(() => void this.kept.delete(id));
  }

  #write<T>(change: () => T): Promise<T> {
    return this.#answer(() => {
      this.writes++;
      return change();
    });
  }

  #answer<T>(answer: () => T): Promise<T> {
    return Promise.try(() => {
      if (this.away) throw new StoreUnavailableError("Cannot call: away");
      return answer();
    });
  }
}
