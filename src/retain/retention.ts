import { getLogger } from "@logtape/logtape";
import { backoff } from "../core/backoff.ts";
import { sleep } from "../core/deadline.ts";
import { errorMessage } from "../core/errors.ts";
import { SECOND_MS } from "../core/units.ts";
import type { Digest } from "../oci/digest.ts";
import type { LayerRetainer } from "./layer_retainer.ts";
import type { RetainedLayers } from "./retained_layers.ts";

/** How {@linkcode Retention} works. */
export interface RetentionOptions {
  /** How often everything is looked at, in milliseconds. @default {10_000} */
  sweepEveryMs?: number;
}

/** How many layers wait to be kept; those that came first are left out beyond it. */
const WAITING_MAX = 1_000;

/** The pauses after a failure: a containerd that restarts is back within seconds. */
const RETRY_BACKOFF = { minMs: 100, maxMs: 5 * SECOND_MS };

const logger = getLogger(["peili", "retain"]);

/** Keeps layers while this node runs, beside the requests for them. What it kept stays kept when it ends. */
export class Retention implements LayerRetainer, AsyncDisposable {
  readonly #layers: RetainedLayers;
  readonly #sweepEveryMs: number;
  readonly #waiting = new Map<Digest, number | undefined>();
  readonly #stopped = new AbortController();
  readonly #running: Promise<void>;
  #wake = () => {};
  #sweepDueMs = performance.now();

  /** @param layers Used by nobody else. */
  constructor(layers: RetainedLayers, options: RetentionOptions = {}) {
    this.#layers = layers;
    this.#sweepEveryMs = options.sweepEveryMs ?? 10 * SECOND_MS;
    this.#running = this.#run(this.#stopped.signal);
  }

  /** As {@linkcode LayerRetainer} says. */
  retain(digest: Digest, sizeBytes?: number): void {
    if (this.#stopped.signal.aborted) return;
    const size = sizeBytes ?? this.#waiting.get(digest);
    this.#waiting.delete(digest);
    this.#waiting.set(digest, size);
    const [first] = this.#waiting.keys();
    if (this.#waiting.size > WAITING_MAX && first !== undefined) this.#waiting.delete(first);
    this.#wake();
  }

  /** Ends the work. Leases stay, for the next run or until they expire. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort();
    this.#wake();
    await this.#running;
  }

  async #run(signal: AbortSignal): Promise<void> {
    let pauses = backoff(RETRY_BACKOFF);
    let failing = false;
    while (!signal.aborted) {
      try {
        await this.#work(signal);
        if (failing) logger.info("Keeping layers works again");
        failing = false;
        pauses = backoff(RETRY_BACKOFF);
      } catch (reason) {
        if (signal.aborted) return;
        if (!failing) logger.warn("Cannot keep layers: {reason}", { reason: errorMessage(reason) });
        failing = true;
        await sleep(pauses.next().value, signal).catch(() => {}); // the loop's condition sees the abort
        continue;
      }
      await this.#change();
    }
  }

  /** Keeps the layers that wait, after a look at everything when it is time for that, and the first time. */
  async #work(signal: AbortSignal): Promise<void> {
    if (performance.now() >= this.#sweepDueMs) {
      await this.#layers.sweep({ signal });
      this.#sweepDueMs = performance.now() + this.#sweepEveryMs;
    }
    for (const [digest, sizeBytes] of this.#waiting) {
      await this.#layers.add(digest, sizeBytes, { signal });
      this.#waiting.delete(digest);
    }
  }

  /** Waits until a layer waits, everything has to be looked at, or this ends. */
  async #change(): Promise<void> {
    if (this.#waiting.size > 0 || this.#stopped.signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const timer = setTimeout(resolve, Math.max(this.#sweepDueMs - performance.now(), 0));
    await promise;
    clearTimeout(timer);
    this.#wake = () => {};
  }
}
