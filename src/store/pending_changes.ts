import { sleep } from "../core/deadline.ts";
import { onAbort } from "../core/on_abort.ts";
import { MINUTE_MS } from "../core/units.ts";
import type { Digest } from "../oci/digest.ts";

/** What has to be looked at again. */
export interface Changes {
  /** Everything: what changed is not known. */
  all: boolean;
  /** The image names. */
  images: boolean;
  /** These blobs. */
  blobs: ReadonlySet<Digest>;
}

/** How {@linkcode PendingChanges} collects. */
export interface PendingChangesOptions {
  /** How many blobs are kept apart before everything is looked at instead. @default {256} */
  maxBlobs?: number;
  /** How long after the first change others are waited for, in milliseconds. @default {50} */
  coalesceMs?: number;
  /** How often everything is looked at in any case, in milliseconds. @default {60_000} */
  allEveryMs?: number;
}

/**
 * Collects changes between a source that tells them at any time and a watcher that takes them when it is ready.
 *
 * It never grows: what is told twice is kept once, and a burst becomes one look at everything.
 */
export class PendingChanges {
  readonly #options: Required<PendingChangesOptions>;
  #all = false;
  #images = false;
  #blobs = new Set<Digest>();
  #wake = () => {};
  #lastAllMs = performance.now();

  /** @param options How much is kept apart, and for how long. */
  constructor(options: PendingChangesOptions = {}) {
    const { maxBlobs = 256, coalesceMs = 50, allEveryMs = MINUTE_MS } = options;
    this.#options = { maxBlobs, coalesceMs, allEveryMs };
  }

  /** Notes that anything may have changed. */
  markAll(): void {
    this.#all = true;
    this.#wake();
  }

  /** Notes that image names may have changed. */
  markImages(): void {
    this.#images = true;
    this.#wake();
  }

  /** Notes that a blob may have come or gone. */
  markBlob(digest: Digest): void {
    if (this.#blobs.size >= this.#options.maxBlobs) this.#all = true;
    else this.#blobs.add(digest);
    this.#wake();
  }

  /**
   * Waits for changes and takes them.
   *
   * @returns At least one change: `all` when it is time for that.
   * @throws the signal's reason, once it aborts.
   */
  async take({ signal }: { signal: AbortSignal }): Promise<Changes> {
    signal.throwIfAborted();
    if (!this.#any()) await this.#change(signal);
    signal.throwIfAborted();
    await sleep(this.#options.coalesceMs, signal);
    const changes = { all: this.#all || this.#untilAllMs() <= 0, images: this.#images, blobs: this.#blobs };
    if (changes.all) this.#lastAllMs = performance.now();
    this.#all = false;
    this.#images = false;
    this.#blobs = new Set();
    return changes;
  }

  #any(): boolean {
    return this.#all || this.#images || this.#blobs.size > 0;
  }

  #untilAllMs(): number {
    return this.#lastAllMs + this.#options.allEveryMs - performance.now();
  }

  /** Waits until something is marked, long enough has passed, or the signal aborts. */
  async #change(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    using _ = onAbort(signal, resolve);
    const timer = setTimeout(resolve, Math.max(this.#untilAllMs(), 0));
    await promise;
    clearTimeout(timer);
    this.#wake = () => {};
  }
}
