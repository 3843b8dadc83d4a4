import { LRUCache } from "lru-cache";
import { SECOND_MS } from "../../core/units.ts";
import type { Digest } from "../../oci/digest.ts";

/** The first pause before a blob is looked at again, in milliseconds; every further one is twice as long. */
const FIRST_PAUSE_MS = 25;
/** The last pause, in milliseconds: what takes longer is found by the next listing. */
const LAST_PAUSE_MS = 4 * SECOND_MS;
/** How many blobs wait to be looked at again; those that waited longest are left to the next listing. */
const BLOBS_MAX = 1_000;

/**
 * Looks at blobs again a little later, a few times.
 *
 * The file of a blob appears before containerd's metadata knows it, its labels appear later still, and what garbage
 * collection removes goes some time after its image did. containerd tells none of that.
 */
export class Rechecks implements Disposable {
  readonly #look: (digest: Digest) => void;
  readonly #waiting = new LRUCache<Digest, { pauseMs: number; timer: ReturnType<typeof setTimeout> }>({
    max: BLOBS_MAX,
    dispose: ({ timer }) => clearTimeout(timer),
  });

  /** @param look Called when it is time to look at a blob again. */
  constructor(look: (digest: Digest) => void) {
    this.#look = look;
  }

  /** Asks for another look, after a pause that grows from time to time, until it is too long. */
  later(digest: Digest): void {
    const pauseMs = (this.#waiting.get(digest)?.pauseMs ?? FIRST_PAUSE_MS / 2) * 2;
    if (pauseMs > LAST_PAUSE_MS) return this.settle(digest);
    this.#waiting.set(digest, { pauseMs, timer: setTimeout(() => this.#look(digest), pauseMs) });
  }

  /** Notes that there is nothing to wait for any more. */
  settle(digest: Digest): void {
    this.#waiting.delete(digest);
  }

  /** Looks at nothing any more. */
  [Symbol.dispose](): void {
    this.#waiting.clear();
  }
}
