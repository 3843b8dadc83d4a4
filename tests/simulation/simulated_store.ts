import type { Digest } from "../../src/oci/digest.ts";
import type { Descriptor } from "../../src/oci/manifest.ts";
import { type ContentDescriber, ContentNotFoundError } from "../../src/store/content_store.ts";
import type { IngestReader, IngestStatus, IngestTail } from "../../src/store/ingest.ts";

/** The content of one node: what is complete, and what is on its way. Has sizes only, no bytes. */
export class SimulatedStore implements ContentDescriber, IngestReader {
  readonly #blobs = new Map<Digest, number>();
  readonly #ingests = new Map<Digest, { offset: number; total: number }>();
  #changed = Promise.withResolvers<void>();

  /** Settles at the next change. */
  get changed(): Promise<void> {
    return this.#changed.promise;
  }

  /** Begins a download, or goes on with one. */
  begin(digest: Digest, total: number): void {
    if (!this.#ingests.has(digest)) this.#ingests.set(digest, { offset: 0, total });
    this.#tell();
  }

  /** Has a download grow to this many bytes. */
  grow(digest: Digest, offset: number): void {
    const ingest = this.#ingests.get(digest);
    if (ingest) ingest.offset = offset;
    this.#tell();
  }

  /** Completes a download. */
  commit(digest: Digest): void {
    const ingest = this.#ingests.get(digest);
    if (ingest) this.#blobs.set(digest, ingest.total);
    this.abort(digest);
  }

  /** Ends a download. */
  abort(digest: Digest): void {
    this.#ingests.delete(digest);
    this.#tell();
  }

  /** Takes content in as a whole. */
  put(digest: Digest, size: number): void {
    this.#blobs.set(digest, size);
    this.#tell();
  }

  /** Removes complete content. */
  remove(digest: Digest): void {
    this.#blobs.delete(digest);
    this.#tell();
  }

  /** Returns how many bytes can be read, and whether these are all; undefined when there is nothing. */
  available(digest: Digest): { offset: number; complete: boolean } | undefined {
    const size = this.#blobs.get(digest);
    if (size !== undefined) return { offset: size, complete: true };
    const ingest = this.#ingests.get(digest);
    return ingest && { offset: ingest.offset, complete: false };
  }

  describe(digest: Digest): Promise<Descriptor> {
    const size = this.#blobs.get(digest);
    if (size === undefined) return Promise.reject(new ContentNotFoundError(digest));
    return Promise.resolve({ digest, size, mediaType: "application/octet-stream" });
  }

  ingest(digest: Digest): Promise<IngestStatus | undefined> {
    const ingest = this.#ingests.get(digest);
    return Promise.resolve(ingest && { ...ingest });
  }

  tail(digest: Digest): Promise<IngestTail> {
    return Promise.reject(new ContentNotFoundError(digest)); // pieces are read through `available`
  }

  #tell(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
