/**
 * The ports of stores that take content in.
 *
 * @module
 */
import type { CallOptions } from "../core/call_options.ts";
import type { Descriptor } from "../oci/manifest.ts";

/** Thrown for bytes that are not those of their descriptor. */
export class ContentMismatchError extends Error {
  /** The name of the class. */
  override name = "ContentMismatchError";
}

/** Takes blobs in. */
export interface BlobWriter {
  /**
   * Writes a blob, which appears in the store only when all of it is there and right.
   *
   * @param content The digest and the size that the bytes must have.
   * @param bytes Read to the end, or cancelled when the blob is there already or the call fails.
   * @throws {ContentMismatchError} If the bytes have another size or digest.
   */
  write(
    content: Pick<Descriptor, "digest" | "size">,
    bytes: ReadableStream<Uint8Array>,
    options?: CallOptions,
  ): Promise<void>;
}

/** Gives content names. */
export interface ImageNamer {
  /**
   * Names a manifest or index; a name that is taken moves.
   *
   * @param name `registry/repository:tag`, or `registry/repository@digest` to say no more than where it came from.
   * @throws {SyntaxError} If the name is neither.
   */
  nameImage(name: string, target: Descriptor, options?: CallOptions): Promise<void>;
}
