import type { Digest } from "../oci/digest.ts";
import { ContentMismatchError } from "./blob_writer.ts";
import { IngestLostError, type IngestStatus } from "./ingest.ts";
import type { GrowingBytes } from "./tail_stream.ts";

/** A download into memory, for whoever brings its bytes. */
export interface MemoryIngest {
  /**
   * Takes the next bytes.
   *
   * @throws {ContentMismatchError} If they are more than there should be; the download is lost then.
   * @throws {IngestLostError} If the download has ended.
   */
  append(bytes: Uint8Array): void;
  /**
   * Makes the content present.
   *
   * @throws {ContentMismatchError} If the bytes are not those of the digest; the download is lost then.
   */
  commit(): Promise<void>;
  /** Gives the download up. Whoever follows it hears so, after the bytes that have come. */
  abort(): void;
}

/** What a {@linkcode MemoryDownload} is given. */
export interface MemoryDownloadOptions {
  /** How many bytes there will be, if that is known. */
  total?: number;
  /**
   * Takes the bytes when all of them are there.
   *
   * @throws {ContentMismatchError} If they are not those of the digest.
   */
  commit(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Called once when the download has ended, well or not. */
  ended(): void;
}

/** A download into memory. */
export class MemoryDownload implements MemoryIngest {
  readonly #digest: Digest;
  readonly #options: MemoryDownloadOptions;
  #bytes: Uint8Array<ArrayBuffer>;
  #offset = 0;
  #ended = false;
  #lost = false;

  /** @param digest What is downloaded. */
  constructor(digest: Digest, options: MemoryDownloadOptions) {
    this.#digest = digest;
    this.#options = options;
    this.#bytes = new Uint8Array(options.total ?? 0);
  }

  /** How far it is. */
  get status(): IngestStatus {
    return { offset: this.#offset, total: this.#options.total };
  }

  /** As {@linkcode MemoryIngest} says. */
  append(bytes: Uint8Array): void {
    const { total } = this.#options;
    const end = this.#offset + bytes.length;
    if (this.#ended) throw new IngestLostError(`Cannot append to "${this.#digest}": the download has ended`);
    if (end > (total ?? end)) {
      this.abort();
      throw new ContentMismatchError(`Cannot write "${this.#digest}": it has more than ${total} bytes`);
    }
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(2 * end);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, this.#offset);
    this.#offset = end;
  }

  /** As {@linkcode MemoryIngest} says. */
  async commit(): Promise<void> {
    const { total = this.#offset, commit } = this.#options;
    try {
      if (this.#offset !== total) {
        throw new ContentMismatchError(`Cannot write "${this.#digest}": it has ${this.#offset} bytes and not ${total}`);
      }
      await commit(this.#bytes.slice(0, this.#offset));
    } catch (reason) {
      this.abort();
      throw reason;
    }
    this.#end();
  }

  /** As {@linkcode MemoryIngest} says. */
  abort(): void {
    if (this.#ended) return;
    this.#lost = true;
    this.#end();
  }

  /** Returns the bytes for one reader. */
  reader(): GrowingBytes {
    return {
      read: (into, position) =>
        Promise.try(() => {
          const part = this.#bytes.subarray(position, Math.min(this.#offset, position + into.length));
          if (part.length === 0 && this.#lost) {
            throw new IngestLostError(`Cannot follow the download of "${this.#digest}": it was given up`);
          }
          into.set(part);
          return part.length;
        }),
      close: () => {}, // the bytes go with whoever holds them
    };
  }

  #end(): void {
    this.#ended = true;
    this.#options.ended();
  }
}
