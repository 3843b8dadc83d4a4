import type { BytesKey } from "./bytes_key.ts";

/** How a {@linkcode RecordStore} is bounded. */
export interface RecordStoreOptions {
  /** How long a record is valid after it was put, in milliseconds. */
  validityMs: number;
  /** The most records that are kept. @default {100_000} */
  maxRecords?: number;
  /** Tells the time in milliseconds. @default {Date.now} */
  now?: () => number;
}

/** How long expired records may take up memory, in milliseconds. */
const SWEEP_INTERVAL_MS = 60_000;

/**
 * Who provides what: the records that other nodes put on this one.
 *
 * Indexed by key and by provider. When the store is full, the provider with the most records loses its oldest one, so
 * that nobody can push the records of others out.
 */
export class RecordStore {
  readonly #validityMs: number;
  readonly #maxRecords: number;
  readonly #now: () => number;
  /** When each record expires, by key and provider. */
  readonly #byKey = new Map<BytesKey, Map<BytesKey, number>>();
  /** The keys of each provider, the longest unrenewed one first. */
  readonly #byProvider = new Map<BytesKey, Set<BytesKey>>();
  #size = 0;
  #nextSweepMs: number;

  constructor(options: RecordStoreOptions) {
    const { validityMs, maxRecords = 100_000, now = Date.now } = options;
    this.#validityMs = validityMs;
    this.#maxRecords = maxRecords;
    this.#now = now;
    this.#nextSweepMs = now() + SWEEP_INTERVAL_MS;
  }

  /** How many records there are, expired ones included until they are swept. */
  get size(): number {
    return this.#size;
  }

  /** Puts a record, or renews it. */
  put(key: BytesKey, provider: BytesKey): void {
    const nowMs = this.#now();
    if (nowMs >= this.#nextSweepMs) this.#sweep(nowMs);
    const expiries = getOrInsert(this.#byKey, key, () => new Map());
    const keys = getOrInsert(this.#byProvider, provider, () => new Set());
    if (!keys.delete(key)) this.#size++;
    keys.add(key); // last again: the order is by renewal
    expiries.set(provider, nowMs + this.#validityMs);
    if (this.#size > this.#maxRecords) this.#evict();
  }

  /** Returns the providers of a key, at most `limit` of them, chosen by chance when there are more. */
  get(key: BytesKey, limit: number): BytesKey[] {
    const expiries = this.#byKey.get(key);
    if (!expiries) return [];
    const nowMs = this.#now();
    const valid = [...expiries].filter(([, expiresMs]) => expiresMs > nowMs).map(([provider]) => provider);
    return sample(valid, limit);
  }

  /** Returns whether there is a record that is valid. */
  has(key: BytesKey, provider: BytesKey): boolean {
    return (this.#byKey.get(key)?.get(provider) ?? 0) > this.#now();
  }

  /** Removes one record. */
  delete(key: BytesKey, provider: BytesKey): void {
    const expiries = this.#byKey.get(key);
    if (!expiries?.delete(provider)) return;
    if (expiries.size === 0) this.#byKey.delete(key);
    const keys = this.#byProvider.get(provider);
    keys?.delete(key);
    if (keys?.size === 0) this.#byProvider.delete(provider);
    this.#size--;
  }

  /** Removes every record of a provider. */
  deleteProvider(provider: BytesKey): void {
    for (const key of this.#byProvider.get(provider) ?? []) this.delete(key, provider);
  }

  #sweep(nowMs: number): void {
    this.#nextSweepMs = nowMs + SWEEP_INTERVAL_MS;
    for (const [key, expiries] of this.#byKey) {
      for (const [provider, expiresMs] of expiries) {
        if (expiresMs <= nowMs) this.delete(key, provider);
      }
    }
  }

  #evict(): void {
    let [largest, most]: [BytesKey | undefined, number] = [undefined, 0];
    for (const [provider, { size }] of this.#byProvider) {
      if (size > most) [largest, most] = [provider, size];
    }
    if (largest === undefined) return;
    const [oldest] = this.#byProvider.get(largest) ?? [];
    if (oldest !== undefined) this.delete(oldest, largest);
  }
}

function getOrInsert<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

function sample<T>(items: T[], count: number): T[] {
  if (items.length <= count) return items;
  for (let at = 0; at < count; at++) {
    const other = at + Math.floor(Math.random() * (items.length - at));
    [items[at], items[other]] = [items[other]!, items[at]!];
  }
  return items.slice(0, count);
}
