import { sleep } from "../core/deadline.ts";
import { KIB } from "../core/units.ts";
import type { TailOptions } from "./ingest.ts";

/** Bytes that become more. */
export interface GrowingBytes {
  /**
   * Reads what is there at a position.
   *
   * @returns How many bytes were read; 0 while none has come yet.
   * @throws {IngestLostError} If none will come any more.
   */
  read(into: Uint8Array<ArrayBuffer>, position: number): Promise<number>;
  /** Lets go of everything, also while a read is under way. */
  close(): void;
}

/** How {@linkcode tailStream} reads. */
export interface TailStreamOptions extends TailOptions {
  /** How many bytes there will be in the end. */
  total: number;
}

/** The bytes of one read, unless the reader brings a buffer; as for complete blobs. */
const READ_BYTES = 256 * KIB;

/**
 * The first pause before it is looked again whether bytes have come, in milliseconds. Looking is one call of the
 * system; watching instead is no way, as the system tells nothing through some mounts.
 */
const PAUSE_MIN_MS = 5;
/** The longest pause, in milliseconds, and so what a tail is late at most. */
const PAUSE_MAX_MS = 50;
/** How the pauses grow: a tail is late by a quarter of the time for which nothing came. */
const PAUSE_GROWTH = 1.25;

/**
 * Streams bytes as they become more, as `IngestReader.tail()` has to. Nothing is read ahead of the reader.
 *
 * @param bytes Closed when the stream ends, fails or is cancelled.
 */
export function tailStream(bytes: GrowingBytes, options: TailStreamOptions): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream(new TailSource(bytes, options), { highWaterMark: 0 });
}

class TailSource implements UnderlyingByteSource {
  readonly type = "bytes";
  /** Readers that bring no buffer of their own get one of this size. */
  readonly autoAllocateChunkSize = READ_BYTES;
  readonly #bytes: GrowingBytes;
  readonly #options: TailStreamOptions;
  readonly #ended = new AbortController();
  #position: number;
  #onAbort = () => {};

  constructor(bytes: GrowingBytes, options: TailStreamOptions) {
    this.#bytes = bytes;
    this.#options = options;
    this.#position = options.offset ?? 0;
  }

  start(controller: ReadableByteStreamController) {
    if (this.#options.signal?.aborted) this.#end();
    this.#options.signal?.throwIfAborted(); // nothing tells a listener of an abort that is past
    this.#onAbort = () => {
      this.#end();
      controller.error(this.#options.signal?.reason);
    };
    this.#options.signal?.addEventListener("abort", this.#onAbort, { once: true });
    this.#closeAtEnd(controller);
  }

  async pull(controller: ReadableByteStreamController) {
    const request = controller.byobRequest;
    if (!request?.view) return; // never: autoAllocateChunkSize brings a view to every pull
    const { buffer, byteOffset, byteLength } = request.view;
    const length = Math.min(byteLength, this.#options.total - this.#position);
    let count: number;
    try {
      count = await this.#next(new Uint8Array(buffer, byteOffset, length));
    } catch (reason) {
      if (this.#ended.signal.aborted) return;
      this.#end();
      throw reason;
    }
    if (this.#ended.signal.aborted) return; // ended while the read was under way
    this.#position += count;
    request.respond(count);
    this.#options.onBytes?.(count);
    this.#closeAtEnd(controller);
  }

  cancel() {
    this.#end();
  }

  /** Waits for the next bytes. */
  async #next(into: Uint8Array<ArrayBuffer>): Promise<number> {
    for (let pauseMs = PAUSE_MIN_MS;; pauseMs = Math.min(pauseMs * PAUSE_GROWTH, PAUSE_MAX_MS)) {
      const count = await this.#bytes.read(into, this.#position);
      if (count > 0) return count;
      await sleep(pauseMs, this.#ended.signal);
    }
  }

  #closeAtEnd(controller: ReadableByteStreamController) {
    if (this.#position < this.#options.total) return;
    this.#end();
    controller.close();
  }

  #end() {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort();
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    this.#bytes.close();
  }
}
