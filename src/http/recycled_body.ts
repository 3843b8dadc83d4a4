import { KIB, MIB } from "../core/units.ts";

/** The size of one buffer: larger ones cost cache misses, smaller ones more turns of the event loop. */
const BUFFER_BYTES = 256 * KIB;

/**
 * How many bytes must have been handed to the server after a buffer before it is filled again.
 *
 * Deno's server asks for the next chunk when less than 64 KiB of the former ones are queued, holds at most one frame
 * of 64 KiB beside them, and for HTTP/2 at most 400 KiB more. With the one chunk that is read ahead and not handed over
 * yet, a buffer this far back has been sent.
 */
const REUSE_AFTER_BYTES = MIB + BUFFER_BYTES;

/** Chunks up to this size are copied, so that a slow source does not take a whole buffer for a few bytes. */
const COPY_MAX_BYTES = 64 * KIB;

/** Answers shorter than this are sent as they are, in bytes. */
const RECYCLED_MIN_BYTES = BUFFER_BYTES;

/**
 * Returns the answer with its body sent from a few buffers that are used over and over, if it is a long byte stream.
 *
 * A fresh buffer for every chunk costs half of the CPU time of serving, in page faults and garbage collection. Only
 * for answers that go to `Deno.serve` next, as it relies on how far the server reads ahead.
 */
export function withRecycledBody(response: Response): Response {
  if (Number(response.headers.get("content-length")) < RECYCLED_MIN_BYTES || !response.body) return response;
  const reader = byobReader(response.body);
  return reader ? new Response(recycledBody(reader), response) : response;
}

function byobReader(stream: ReadableStream<Uint8Array<ArrayBuffer>>): ReadableStreamBYOBReader | undefined {
  try {
    return stream.getReader({ mode: "byob" });
  } catch {
    return undefined; // no byte stream: it brings its own buffers
  }
}

/** Makes a body that reads one chunk ahead. The buffers belong to it alone. */
function recycledBody(reader: ReadableStreamBYOBReader): ReadableStream<Uint8Array<ArrayBuffer>> {
  const buffers = new BufferRing();
  const fill = async () => {
    const { done, value } = await reader.read(buffers.take());
    return done ? undefined : buffers.handOut(value);
  };
  let next: Promise<Uint8Array<ArrayBuffer> | undefined> | undefined;
  return new ReadableStream({
    async pull(controller) {
      const chunk = await (next ?? fill());
      if (!chunk) return controller.close();
      next = fill();
      next.catch(() => {}); // told by the next pull
      controller.enqueue(chunk);
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}

/** The buffers of one body, in the order in which they were handed out. */
class BufferRing {
  readonly #used: { buffer: ArrayBuffer; end: number }[] = [];
  #spare: ArrayBuffer | undefined;
  #handedOut = 0;

  /** Returns a buffer that nobody reads any more. */
  take(): Uint8Array<ArrayBuffer> {
    const spare = this.#spare;
    this.#spare = undefined;
    if (spare) return new Uint8Array(spare);
    const oldest = this.#used[0];
    if (!oldest || this.#handedOut - oldest.end < REUSE_AFTER_BYTES) return new Uint8Array(BUFFER_BYTES);
    this.#used.shift();
    return new Uint8Array(oldest.buffer);
  }

  /** Notes that the bytes go to the server now. */
  handOut(chunk: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    this.#handedOut += chunk.byteLength;
    if (chunk.byteLength <= COPY_MAX_BYTES) {
      this.#spare = chunk.buffer;
      return chunk.slice();
    }
    this.#used.push({ buffer: chunk.buffer, end: this.#handedOut });
    return chunk;
  }
}
