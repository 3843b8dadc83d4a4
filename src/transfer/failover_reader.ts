import { SECOND_MS } from "../core/units.ts";
import type { BlobReader } from "./blob_source.ts";

/** How long a source may bring no byte before it counts as failed, in milliseconds. */
const STALL_MS = 10 * SECOND_MS;
/** How often within that time it is looked at. */
const STALL_CHECKS = 10;

/** Thrown within a body whose source brought no byte for too long. */
export class StalledError extends Error {
  override name = "StalledError";

  /** @param stallMs How long no byte came, in milliseconds. */
  constructor(stallMs: number) {
    super(`Cannot read on: the peer sent no byte for ${stallMs} ms`);
  }
}

/** Where the bytes of a {@linkcode FailoverReader} come from. */
export interface FailoverSources {
  /** The first source. @default what `reopen` opens when the first byte is wanted */
  reader?: BlobReader | undefined;
  /**
   * Opens a source for the bytes that are missing.
   *
   * @param received How many bytes have come so far.
   * @param reason Why the source before failed; undefined for the first one.
   * @throws anything, when there is no other source: it ends the body.
   */
  reopen(received: number, reason: unknown): Promise<BlobReader>;
  /** Returns a reader to go on with instead, when there is a better one. Asked before every read. @default none */
  better?(progress: Progress): BlobReader | undefined;
}

/** How far a {@linkcode FailoverReader} has come. */
export interface Progress {
  /** How many bytes have come. */
  received: number;
  /** How long they were waited for altogether, in milliseconds. */
  waitedMs: number;
}

/** How a {@linkcode FailoverReader} judges its sources. */
export interface FailoverOptions {
  /**
   * How long a source may bring no byte before it counts as failed, in milliseconds. `Infinity` where somebody else
   * knows whether it is worth waiting, and ends its reader when it is not.
   *
   * @default {10_000}
   */
  stallMs?: number;
}

/** Reads bytes in order from one source after the other: the next one when one fails, ends early or stalls. */
export class FailoverReader {
  readonly #sources: FailoverSources;
  readonly #stallMs: number;
  readonly #watch: ReturnType<typeof setInterval> | undefined;
  #reader: BlobReader | undefined;
  #received = 0;
  #waitedMs = 0;
  #readingSinceMs: number | undefined;
  #stalled: StalledError | undefined;
  #closed = false;

  constructor(sources: FailoverSources, options: FailoverOptions = {}) {
    const { stallMs = STALL_MS } = options;
    this.#sources = sources;
    this.#stallMs = stallMs;
    this.#reader = sources.reader;
    if (stallMs !== Infinity) this.#watch = setInterval(() => this.#cutStall(), stallMs / STALL_CHECKS);
  }

  /** How many bytes have come so far. */
  get received(): number {
    return this.#received;
  }

  /**
   * Returns the next bytes, at least one, in the given view's buffer or in one like it, from whichever source has them.
   *
   * @param view Where the bytes should go. Its buffer is taken away.
   * @throws whatever `reopen` throws, when no source is left.
   */
  async read(view: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    const { byteOffset, byteLength } = view;
    const bufferLength = view.buffer.byteLength;
    let into = view;
    this.#improve();
    for (;;) {
      let failure: unknown;
      try {
        if (this.#reader) return await this.#readFrom(this.#reader, into);
      } catch (reason) {
        if (this.#closed) throw reason;
        failure = reason;
        this.#release(reason);
        into = new Uint8Array(new ArrayBuffer(bufferLength), byteOffset, byteLength); // the failed read took the other
      }
      this.#reader = await this.#sources.reopen(this.#received, failure);
      if (this.#closed) this.#release(failure);
    }
  }

  /** Lets go of the source. A read that is under way fails. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#watch);
    // A peer that would send more than was asked for is not listened to any longer.
    this.#release(new DOMException("The body ended", "AbortError"));
  }

  async #readFrom(reader: BlobReader, view: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    this.#stalled = undefined;
    const sinceMs = performance.now();
    this.#readingSinceMs = sinceMs;
    try {
      const { value, done } = await reader.read(view);
      if (done) throw this.#stalled ?? new TypeError("Cannot read on: the peer ended the body early");
      this.#received += value.byteLength;
      return value;
    } finally {
      this.#readingSinceMs = undefined;
      this.#waitedMs += performance.now() - sinceMs;
    }
  }

  #improve(): void {
    const better = this.#sources.better?.({ received: this.#received, waitedMs: this.#waitedMs });
    if (!better) return;
    this.#release(new DOMException("Another source is better", "AbortError"));
    this.#reader = better;
  }

  /** Ends a read that brings nothing, so that another source is opened. */
  #cutStall(): void {
    if (this.#readingSinceMs === undefined || performance.now() - this.#readingSinceMs < this.#stallMs) return;
    this.#stalled = new StalledError(this.#stallMs);
    this.#release(this.#stalled); // ends the read that is under way
  }

  #release(reason: unknown): void {
    this.#reader?.cancel(reason).catch(() => {}); // it failed already, or its connection did
  }
}
