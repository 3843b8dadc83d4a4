import type { Digest } from "../oci/digest.ts";
import type { OpenOptions } from "./content_store.ts";

/** A run of bytes within content. */
export interface ReadWindow {
  /** The first byte. */
  offset: number;
  /** How many bytes. */
  length: number;
}

/**
 * Works out which bytes are to be read.
 *
 * @param size The size of the content in bytes.
 * @throws {RangeError} If the bytes are not within the content.
 */
export function readWindow(digest: Digest, size: number, options: OpenOptions): ReadWindow {
  const { offset = 0, length = size - offset } = options;
  const whole = Number.isSafeInteger(offset) && Number.isSafeInteger(length);
  if (!whole || offset < 0 || length < 0 || offset + length > size) {
    throw new RangeError(
      `Cannot open "${digest}" at ${offset} for ${length} bytes: its size is ${size}`,
    );
  }
  return { offset, length };
}
