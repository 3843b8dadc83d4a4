import { KIB } from "../core/units.ts";
import type { Digest } from "../oci/digest.ts";
import { ContentNotFoundError, type OpenOptions } from "./content_store.ts";
import { readWindow } from "./read_window.ts";

/** How a blob's file is opened. */
export interface BlobFileOptions extends OpenOptions {
  /** The size that the file has to have, where it is known, in bytes. */
  size?: number;
}

/** The bytes of one read, unless the reader brings a buffer: below it calls dominate, above it memory. */
const READ_BYTES = 256 * KIB;

/**
 * Opens the file of a blob as a stream, as `ContentOpener.open()` has to.
 *
 * Nothing is read ahead of the reader. The file stays readable when its name is removed meanwhile.
 *
 * @throws {ContentNotFoundError} If it is no regular file, or not of the size that it has to have.
 * @throws {RangeError} If the bytes are not within the file.
 * @throws the error of the system, such as `Deno.errors.NotFound`.
 */
export async function openBlobFile(
  path: string,
  digest: Digest,
  options: BlobFileOptions = {},
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const { size, signal } = options;
  signal?.throwIfAborted();
  const file = await Deno.open(path);
  try {
    const { isFile, size: fileSize } = await file.stat();
    if (!isFile || fileSize !== (size ?? fileSize)) {
      throw new ContentNotFoundError(digest, { cause: new Error(`Cannot use "${path}": it has ${fileSize} bytes`) });
    }
    const { offset, length } = readWindow(digest, fileSize, options);
    if (offset > 0) await file.seek(offset, Deno.SeekMode.Start);
    signal?.throwIfAborted();
    return new ReadableStream(new FileSource(file, length, options), { highWaterMark: 0 });
  } catch (reason) {
    file.close();
    throw reason;
  }
}

class FileSource implements UnderlyingByteSource {
  readonly type = "bytes";
  /** Readers that bring no buffer of their own get one of this size. */
  readonly autoAllocateChunkSize = READ_BYTES;
  readonly #file: Deno.FsFile;
  readonly #options: OpenOptions;
  #remaining: number;
  #closed = false;
  #onAbort = () => {};

  constructor(file: Deno.FsFile, length: number, options: OpenOptions) {
    this.#file = file;
    this.#remaining = length;
    this.#options = options;
  }

  start(controller: ReadableByteStreamController) {
    this.#onAbort = () => {
      this.#close();
      controller.error(this.#options.signal?.reason);
    };
    this.#options.signal?.addEventListener("abort", this.#onAbort, { once: true });
    this.#closeAtEnd(controller);
  }

  async pull(controller: ReadableByteStreamController) {
    const request = controller.byobRequest;
    if (!request?.view) return; // never: autoAllocateChunkSize brings a view to every pull
    const count = await this.#read(request.view);
    if (this.#closed) return; // ended while the read was under way
    if (count === null) {
      this.#close();
      throw new Error(`Cannot read on: the file ended ${this.#remaining} bytes early`);
    }
    this.#remaining -= count;
    request.respond(count);
    this.#options.onBytes?.(count);
    this.#closeAtEnd(controller);
  }

  cancel() {
    this.#close();
  }

  async #read({ buffer, byteOffset, byteLength }: ArrayBufferView): Promise<number | null> {
    try {
      return await this.#file.read(new Uint8Array(buffer, byteOffset, Math.min(byteLength, this.#remaining)));
    } catch (reason) {
      if (this.#closed) return null;
      this.#close();
      throw reason;
    }
  }

  #closeAtEnd(controller: ReadableByteStreamController) {
    if (this.#remaining > 0) return;
    this.#close();
    controller.close();
  }

  #close() {
    if (this.#closed) return;
    this.#closed = true;
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    this.#file.close();
  }
}
