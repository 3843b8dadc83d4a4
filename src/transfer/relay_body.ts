import { KIB, SECOND_MS } from "../core/units.ts";
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

/** Where the bytes of a {@linkcode relayBody} come from. */
export interface RelaySource {
  /** The first source. */
  reader: BlobReader;
  /** How many bytes are to come. */
  length: number;
  /**
   * Opens another source for the bytes that are missing.
   *
   * @param received How many bytes have come so far.
   * @param reason Why the source before failed.
   * @throws anything, when there is no other source: it ends the body.
   */
  reopen(received: number, reason: unknown): Promise<BlobReader>;
  /** Hears of every chunk that is passed on, with its size in bytes. */
  onBytes(count: number): void;
  /** Hears that the body ended, and whether all of it was passed on. Called once. */
  onEnd(complete: boolean): void;
}

/** How a {@linkcode relayBody} judges its sources. */
export interface RelayBodyOptions {
  /** How long a source may bring no byte before it counts as failed, in milliseconds. @default {10_000} */
  stallMs?: number;
}

/** The buffer for a consumer that brings none of its own, in bytes. */
const BUFFER_BYTES = 64 * KIB;

/**
 * Makes a body that goes on from another source, at the same byte, when its source fails, ends early or stalls.
 *
 * It reads on demand, into the consumer's buffer, and keeps nothing. When no source is left it fails, which ends the
 * connection without having sent all of its length.
 */
export function relayBody(
  source: RelaySource,
  options: RelayBodyOptions = {},
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { stallMs = STALL_MS } = options;
  return new ReadableStream(new RelayBody(source, stallMs), { highWaterMark: 0 });
}

class RelayBody implements UnderlyingByteSource {
  readonly type = "bytes";
  readonly autoAllocateChunkSize = BUFFER_BYTES;
  readonly #source: RelaySource;
  readonly #stallMs: number;
  readonly #watch: ReturnType<typeof setInterval>;
  #reader: BlobReader;
  #received = 0;
  #readingSinceMs: number | undefined;
  #stalled: StalledError | undefined;
  #ended = false;

  constructor(source: RelaySource, stallMs: number) {
    this.#source = source;
    this.#stallMs = stallMs;
    this.#reader = source.reader;
    this.#watch = setInterval(() => this.#cutStall(), stallMs / STALL_CHECKS);
  }

  async pull(controller: ReadableByteStreamController): Promise<void> {
    const request = controller.byobRequest;
    if (!request?.view) return; // never: autoAllocateChunkSize brings a view to every pull
    try {
      const chunk = await this.#next(request.view);
      this.#received += chunk.byteLength;
      this.#source.onBytes(chunk.byteLength);
      request.respondWithNewView(chunk);
      if (this.#received < this.#source.length) return;
      controller.close();
      this.#end(true);
    } catch (reason) {
      this.#end(false);
      throw reason;
    }
  }

  cancel(): void {
    this.#end(false);
  }

  /** Returns the next bytes in the given view's buffer, or in one like it, from whichever source has them. */
  async #next({ buffer, byteOffset, byteLength }: ArrayBufferView): Promise<Uint8Array<ArrayBuffer>> {
    const bufferLength = buffer.byteLength;
    const length = Math.min(byteLength, this.#source.length - this.#received);
    let into = buffer as ArrayBuffer;
    for (;;) {
      try {
        return await this.#read(new Uint8Array(into, byteOffset, length));
      } catch (reason) {
        if (this.#ended) throw reason;
        this.#release(reason);
        this.#reader = await this.#source.reopen(this.#received, reason);
        if (this.#ended) this.#release(reason);
        into = new ArrayBuffer(bufferLength); // the failed read took the buffer with it
      }
    }
  }

  async #read(view: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    this.#stalled = undefined;
    this.#readingSinceMs = performance.now();
    try {
      const { value, done } = await this.#reader.read(view);
      if (!done) return value;
      throw this.#stalled ?? new TypeError("Cannot read on: the peer ended the body early");
    } finally {
      this.#readingSinceMs = undefined;
    }
  }

  /** Ends a read that brings nothing, so that another source is opened. */
  #cutStall(): void {
    if (this.#readingSinceMs === undefined || performance.now() - this.#readingSinceMs < this.#stallMs) return;
    this.#stalled = new StalledError(this.#stallMs);
    this.#release(this.#stalled); // ends the read that is under way
  }

  #release(reason: unknown): void {
    this.#reader.cancel(reason).catch(() => {}); // it failed already, or its connection did
  }

  #end(complete: boolean): void {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#watch);
    // A peer that would send more than was asked for is not listened to any longer.
    this.#release(new DOMException("The body ended", "AbortError"));
    this.#source.onEnd(complete);
  }
}
