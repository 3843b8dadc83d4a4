import { KIB } from "../core/units.ts";
import type { OpenOptions } from "./content_store.ts";

/** The size of the chunks that bytes in memory are handed out in, in bytes. */
const CHUNK_BYTES = 256 * KIB;

/** Streams bytes that are in memory. The chunks are copies, as whoever gets them may change or transfer them. */
export function streamBytes(
  bytes: Uint8Array<ArrayBuffer>,
  { signal, onBytes }: Pick<OpenOptions, "signal" | "onBytes"> = {},
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let offset = 0;
  let onAbort = () => {};
  const done = () => signal?.removeEventListener("abort", onAbort);
  const closeAtEnd = (controller: ReadableByteStreamController) => {
    if (offset < bytes.length) return;
    done();
    controller.close();
  };
  return new ReadableStream({
    type: "bytes",
    start(controller) {
      signal?.throwIfAborted(); // nothing tells a listener of an abort that is past
      onAbort = () => controller.error(signal?.reason);
      signal?.addEventListener("abort", onAbort, { once: true });
      closeAtEnd(controller);
    },
    pull(controller) {
      const chunk = bytes.slice(offset, offset + CHUNK_BYTES);
      const count = chunk.length; // none is left in a chunk that was handed over
      offset += count;
      controller.enqueue(chunk);
      onBytes?.(count);
      closeAtEnd(controller);
    },
    cancel: done,
  }, { highWaterMark: 0 });
}
