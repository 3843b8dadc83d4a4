import { LRUCache } from "lru-cache";
import { MINUTE_MS } from "../core/units.ts";
import type { Digest } from "../oci/digest.ts";
import type { Clock } from "./clock.ts";

/**
 * How many bodies without a byte a client is given in a row before one has to come.
 *
 * containerd gives the whole pull up after four openings in a row without a byte. A third one must stay possible for a
 * body whose flight loses its lead.
 */
const YIELDS_MAX = 2;

/** Counts the bodies of each content that ended without a byte, in a row. */
export class EmptyBodies {
  readonly #counts: LRUCache<Digest, number>;

  constructor({ clock }: { clock: Clock }) {
    const perf = { now: () => clock.nowMs() };
    this.#counts = new LRUCache({ max: 1_000, ttl: MINUTE_MS, ttlResolution: 0, perf });
  }

  /** Returns whether one more would do no harm. */
  allowsAnother(digest: Digest): boolean {
    return (this.#counts.get(digest) ?? 0) < YIELDS_MAX;
  }

  /** Counts one more. */
  add(digest: Digest): void {
    this.#counts.set(digest, (this.#counts.get(digest) ?? 0) + 1);
  }

  /** Begins anew: a byte has come. */
  clear(digest: Digest): void {
    this.#counts.delete(digest);
  }
}
