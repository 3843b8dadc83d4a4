import { openIfThere } from "./open_if_there.ts";
import { SECOND_MS } from "../core/units.ts";
import type { Digest } from "../oci/digest.ts";
import { IngestLostError } from "./ingest.ts";
import type { GrowingBytes } from "./tail_stream.ts";

/** Where the file of a download is, and what becomes of it. */
export interface GrowingPlace {
  /** The file that grows. It need not be there yet. */
  growing: string;
  /** The place that it is renamed to when it is complete. */
  complete: string;
  /** Which download it is, as {@linkcode identify} told. */
  identity: string;
  /** Tells which download is there now: undefined if there is none. */
  identify(): Promise<string | undefined>;
}

/** What is downloaded. */
export interface GrowingContent {
  /** What its digest will be. */
  digest: Digest;
  /** How many bytes there will be. */
  total: number;
}

/** How often it is checked that a download which does not grow is still the same one, in milliseconds. */
const IDENTITY_CHECK_MS = SECOND_MS;

/**
 * The file of a download that another process may write. What was opened once is followed when it is renamed, and also
 * when its name is removed after that.
 *
 * A writer that truncates its file and writes it again faster than the reader looks is not noticed: only the digest
 * of the whole tells.
 */
export class GrowingFile implements GrowingBytes {
  readonly #content: GrowingContent;
  readonly #place: GrowingPlace;
  #file: Deno.FsFile | undefined;
  #closed = false;
  /** Where the next read of the file would begin. */
  #cursor = 0;
  /** The size of the file at the last look. */
  #size = 0;
  #identifiedMs = performance.now();

  /** Nothing is opened before {@linkcode open} or the first read. */
  constructor(content: GrowingContent, place: GrowingPlace) {
    this.#content = content;
    this.#place = place;
  }

  /**
   * Opens the file if it is there. From then on it does not matter whether its name stays.
   *
   * @throws {IngestLostError} If the download is gone.
   */
  async open(): Promise<void> {
    await this.#open();
  }

  /** As {@linkcode GrowingBytes} says. */
  async read(into: Uint8Array<ArrayBuffer>, position: number): Promise<number> {
    const file = this.#file ?? await this.#open();
    if (!file || this.#closed) return 0;
    const { size, nlink } = file.statSync(); // of an open file: not worth the way to another thread and back
    if (size < this.#size) throw this.#lost(`its file went from ${this.#size} to ${size} bytes`);
    this.#size = size;
    if (size > position) return await this.#readAt(file, into, position);
    if (nlink === 0) await this.#reopen(file);
    else await this.#checkIdentity();
    return 0;
  }

  /** As {@linkcode GrowingBytes} says. */
  close(): void {
    this.#closed = true;
    this.#file?.close();
    this.#file = undefined;
  }

  async #readAt(file: Deno.FsFile, into: Uint8Array<ArrayBuffer>, position: number): Promise<number> {
    if (this.#cursor !== position) await file.seek(position, Deno.SeekMode.Start);
    const count = await file.read(into) ?? 0;
    this.#cursor = position + count;
    return count;
  }

  /** @returns undefined while there is no file yet. */
  async #open(): Promise<Deno.FsFile | undefined> {
    const growing = await openIfThere(this.#place.growing);
    const identity = await this.#place.identify();
    const same = identity === this.#place.identity;
    // A file without a download was renamed or removed in between: its link count tells later.
    if (growing && (same || identity === undefined)) return this.#keep(growing);
    growing?.close();
    // The order matters: a download that was gone by then is complete now, if it ever was.
    const complete = await this.#openComplete();
    if (complete) return this.#keep(complete);
    if (same) return undefined;
    throw this.#lost(identity === undefined ? "it is gone" : "it began again");
  }

  /** Goes on in the complete file, for a file that has no name any more and is not complete. */
  async #reopen(file: Deno.FsFile): Promise<void> {
    const complete = await this.#openComplete();
    if (!complete) throw this.#lost("it was given up");
    if (!this.#closed) file.close();
    this.#keep(complete);
  }

  async #openComplete(): Promise<Deno.FsFile | undefined> {
    const file = await openIfThere(this.#place.complete);
    if (!file) return undefined;
    const { isFile, size } = file.statSync();
    if (isFile && size === this.#content.total) return file;
    file.close();
  }

  async #checkIdentity(): Promise<void> {
    if (performance.now() - this.#identifiedMs < IDENTITY_CHECK_MS) return;
    const identity = await this.#place.identify();
    this.#identifiedMs = performance.now();
    if (identity !== undefined && identity !== this.#place.identity) throw this.#lost("it began again");
  }

  #keep(file: Deno.FsFile): Deno.FsFile | undefined {
    this.#cursor = 0;
    if (!this.#closed) return this.#file = file;
    file.close(); // whoever wanted it went away meanwhile
  }

  #lost(why: string): IngestLostError {
    return new IngestLostError(`Cannot follow the download of "${this.#content.digest}": ${why}`);
  }
}
