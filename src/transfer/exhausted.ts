import { LRUCache } from "lru-cache";
import { MINUTE_MS, SECOND_MS } from "../core/units.ts";
import type { Digest } from "../oci/digest.ts";

/** How long content counts as exhausted: containerd re-opens at once, so the next request is the one that matters. */
const EXHAUSTED_TTL_MS = 10 * SECOND_MS;
/** How long content whose bytes were wrong is left to upstream: longer than a pull and its first repetitions. */
const WRONG_TTL_MS = 10 * MINUTE_MS;

/**
 * Remembers content that clients must get from upstream for a while, as a body of it ended early.
 *
 * containerd asks again for the rest, here first. It must hear 404 then, to go on upstream at that byte: after four
 * openings in a row that bring no byte it gives the whole pull up.
 */
export class ExhaustedContent {
  readonly #digests = new LRUCache<Digest, true>({ max: 1_000, ttl: EXHAUSTED_TTL_MS, ttlResolution: 0 });
  readonly #wrong = new LRUCache<Digest, true>({ max: 1_000, ttl: WRONG_TTL_MS, ttlResolution: 0 });

  /** Notes that a body of this digest just ended early because no source was left. */
  add(digest: Digest): void {
    this.#digests.set(digest, true);
  }

  /** Notes that a body of this digest was not what the digest names: the next attempt must not meet it again. */
  addWrong(digest: Digest): void {
    this.#wrong.set(digest, true);
  }

  /** Returns whether upstream has to give this digest now. */
  has(digest: Digest): boolean {
    return this.#digests.has(digest) || this.#wrong.has(digest);
  }
}
