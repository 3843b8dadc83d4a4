import { KIB } from "../core/units.ts";

/** The buffer for a consumer that brings none of its own, in bytes. */
const BUFFER_BYTES = 64 * KIB;

/** How a {@linkcode pacedBody} is slowed down. */
export interface Pace {
  /** The largest piece that is waited for at once, in bytes. */
  pieceBytes: number;
  /** Waits until so many bytes may pass. The signal aborts when nobody wants the body any more. */
  mayPass(bytes: number, signal: AbortSignal): Promise<void>;
}

/**
 * Makes a body that hands each piece out only when it may.
 *
 * @param source A byte stream.
 */
export function pacedBody(
  source: ReadableStream<Uint8Array<ArrayBuffer>>,
  { pieceBytes, mayPass }: Pace,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const reader = source.getReader({ mode: "byob" });
  const ended = new AbortController();
  return new ReadableStream({
    type: "bytes",
    autoAllocateChunkSize: BUFFER_BYTES,
    async pull(controller) {
      const request = controller.byobRequest;
      if (!request?.view) return; // never: autoAllocateChunkSize brings a view to every pull
      const { buffer, byteOffset, byteLength } = request.view;
      const view = new Uint8Array(buffer as ArrayBuffer, byteOffset, Math.min(byteLength, pieceBytes));
      const { done, value } = await reader.read(view);
      if (!value) return; // it was cancelled
      if (value.byteLength > 0) await mayPass(value.byteLength, ended.signal);
      if (done) controller.close();
      request.respondWithNewView(value);
    },
    async cancel(reason) {
      ended.abort(reason);
      await reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
}
