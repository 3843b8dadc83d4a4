import { NotFoundError } from "@libp2p/interface";
import { BaseDatastore } from "datastore-core";
import { Key, type Pair } from "interface-datastore";
import { LRUCache } from "lru-cache";

/** How many entries are kept: one for each peer that libp2p has heard of. */
const ENTRIES_MAX = 4_096;

/**
 * Where libp2p keeps what it knows of peers: in memory, and only so many.
 *
 * Peers that others name cost an entry each, which nothing in libp2p ever removes. The entries used least go first.
 */
export class BoundedDatastore extends BaseDatastore {
  readonly #entries = new LRUCache<string, Uint8Array>({ max: ENTRIES_MAX });

  /** Keeps a value. */
  override put(key: Key, value: Uint8Array): Key {
    this.#entries.set(key.toString(), value);
    return key;
  }

  /**
   * Returns a value.
   *
   * @throws {NotFoundError} If there is none.
   */
  override get(key: Key): Uint8Array {
    const value = this.#entries.get(key.toString());
    if (value === undefined) throw new NotFoundError();
    return value;
  }

  /** Returns whether there is a value. */
  override has(key: Key): boolean {
    return this.#entries.has(key.toString());
  }

  /** Removes a value. */
  override delete(key: Key): void {
    this.#entries.delete(key.toString());
  }

  /** Yields every value. */
  override *_all(): Generator<Pair> {
    for (const [key, value] of this.#entries.entries()) yield { key: new Key(key), value };
  }

  /** Yields every key. */
  override *_allKeys(): Generator<Key> {
    for (const key of this.#entries.keys()) yield new Key(key);
  }
}
