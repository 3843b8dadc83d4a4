/**
 * The port of downloads in progress: content that is on its way into the store, and can be read as it grows.
 *
 * @module
 */
import type { CallOptions } from "../core/call_options.ts";
import type { Digest } from "../oci/digest.ts";

/** A download in progress. */
export interface IngestStatus {
  /** How many bytes have come. */
  offset: number;
  /** How many there will be, where that is known. */
  total: number | undefined;
}

/** Thrown in the middle of a tail: the download ended without its content, shrank or began again. */
export class IngestLostError extends Error {
  /** The name of the class. */
  override name = "IngestLostError";
}

/** How {@linkcode IngestReader.tail} reads. */
export interface TailOptions extends CallOptions {
  /** The first byte: may not have come yet. @default {0} */
  offset?: number;
  /** Hears of every chunk that is handed out, with its size in bytes. */
  onBytes?: (count: number) => void;
}

/** The growing bytes of a download. */
export interface IngestTail {
  /** How many bytes the content will have. */
  total: number;
  /**
   * The bytes from the offset on, as a byte stream that waits for those that have not come, as long as the download is
   * there. It ends after `total` bytes, also when the content is complete or deleted by then. It fails with
   * {@linkcode IngestLostError} when the rest will never come. What it gives is not verified.
   */
  body: ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** Reads downloads in progress. */
export interface IngestReader {
  /** Looks for the download of a digest; undefined when there is none. Cheap enough to be asked several times a second. */
  ingest(digest: Digest, options?: CallOptions): Promise<IngestStatus | undefined>;
  /**
   * Opens a download where it is.
   *
   * @throws {ContentNotFoundError} If there is none, or its total is not known yet.
   * @throws {RangeError} If the offset is not within the total.
   */
  tail(digest: Digest, options?: TailOptions): Promise<IngestTail>;
}
