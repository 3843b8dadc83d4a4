import { LRUCache } from "lru-cache";
import { SECOND_MS } from "../core/units.ts";
import type { Digest } from "../oci/digest.ts";

/** How long content counts as exhausted: containerd re-opens at once, so the next request is the one that matters. */
const EXHAUSTED_TTL_MS = 10 * SECOND_MS;

/**
 * Remembers bodies that ended early because no source was left.
 *
 * containerd asks again for the rest, here first. It must hear 404 then, to go on upstream at that byte: after four
 * openings in a row that bring no byte it gives the whole pull up.
 */
export class ExhaustedContent {
  readonly #digests = new LRUCache<Digest, true>({ max: 1_000, ttl: EXHAUSTED_TTL_MS, ttlResolution: 0 });

  /** Notes that a body of this digest just ended early. */
  add(digest: Digest): void {
    this.#digests.set(digest, true);
  }

  /** Returns whether a body of this digest ended early a moment ago. */
  has(digest: Digest): boolean {
    return this.#digests.has(digest);
  }
}
