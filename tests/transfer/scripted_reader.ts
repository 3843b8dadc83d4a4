import type { BlobReader } from "../../src/transfer/blob_source.ts";

/** What {@linkcode scriptedReader} gives. */
export interface ScriptedReaderOptions {
  /** The sizes of the chunks, over and over, in bytes. @default {[65_536]} */
  chunkBytes?: readonly number[];
  /** How many bytes come before it goes wrong. @default all */
  failAfter?: number;
  /** What happens then: an error, an end that looks right, or nothing any more. @default {"fail"} */
  how?: "fail" | "end" | "hang";
}

/** A source in memory that gives the bytes it is told, and goes wrong where it is told. */
export function scriptedReader(bytes: Uint8Array<ArrayBuffer>, options: ScriptedReaderOptions = {}): BlobReader {
  const { chunkBytes = [65_536], failAfter = bytes.length, how = "fail" } = options;
  let offset = 0;
  let turn = 0;
  return new ReadableStream({
    type: "bytes",
    autoAllocateChunkSize: 65_536,
    async pull(controller) {
      const request = controller.byobRequest;
      if (!request?.view) return;
      if (offset === failAfter && failAfter < bytes.length) {
        if (how === "hang") return await new Promise(() => {});
        if (how === "fail") throw new TypeError("The connection was reset");
      }
      const wanted = Math.min(chunkBytes[turn++ % chunkBytes.length] ?? 1, failAfter - offset, request.view.byteLength);
      new Uint8Array(request.view.buffer, request.view.byteOffset, wanted).set(bytes.subarray(offset, offset + wanted));
      offset += wanted;
      if (wanted === 0) controller.close();
      request.respond(wanted);
    },
  }, { highWaterMark: 0 }).getReader({ mode: "byob" });
}
