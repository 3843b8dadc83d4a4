import type { CallOptions } from "../core/call_options.ts";
import { type Digest, type DigestAlgorithm, digestOf, splitDigest } from "../oci/digest.ts";
import type { Descriptor } from "../oci/manifest.ts";
import { parseReference, type Repository, type TagName } from "../oci/reference.ts";
import { BlobInspector } from "./blob_inspector.ts";
import { type BlobState, type ContentSnapshot, takeSnapshot } from "./content_snapshot.ts";
import { type ContentEvent, ContentNotFoundError, type ContentStore, type OpenOptions } from "./content_store.ts";
import { startsJsonObject } from "../oci/media_type.ts";
import { ContentMismatchError } from "./blob_writer.ts";
import type { IngestStatus, IngestTail, TailOptions } from "./ingest.ts";
import { MemoryDownload, type MemoryIngest } from "./memory_ingest.ts";
import { streamBytes } from "./memory_stream.ts";
import { PendingChanges } from "./pending_changes.ts";
import { readWindow } from "./read_window.ts";
import { tellChanges } from "./tell_changes.ts";
import { mergeSources, uniqueSources } from "./merge_sources.ts";
import { tailStream } from "./tail_stream.ts";
import { type NamedImage, walkImages } from "./walk_images.ts";

/** How {@linkcode MemoryStore.put} keeps content. */
export interface PutOptions {
  /** The algorithm of its digest. @default {"sha256"} */
  algorithm?: DigestAlgorithm;
  /** Where it came from, beside what image names tell. @default {[]} */
  sources?: readonly Repository[];
}

/** How long a burst of changes is collected, in milliseconds: nothing here takes long. */
const COALESCE_MS = 1;

interface StoredBlob {
  bytes: Uint8Array<ArrayBuffer>;
  sources: readonly Repository[];
}

/** A content store in memory, for tests and for programs that bring their own content. */
export class MemoryStore implements ContentStore {
  /** The kind of store. */
  readonly name = "memory";
  readonly #blobs = new Map<Digest, StoredBlob>();
  readonly #images = new Map<TagName, NamedImage>();
  readonly #ingests = new Map<Digest, MemoryDownload>();
  readonly #watchers = new Set<PendingChanges>();
  readonly #stopped = new AbortController();
  readonly #inspector = new BlobInspector({
    readManifest: (digest) =>
      Promise.try(() => {
        const { bytes } = this.#get(digest);
        return startsJsonObject(bytes) ? bytes : undefined;
      }),
  });

  /**
   * Takes content in. Putting it again adds to its sources.
   *
   * @returns Its digest.
   */
  async put(bytes: Uint8Array<ArrayBuffer>, options: PutOptions = {}): Promise<Digest> {
    const own = bytes.slice();
    const digest = await digestOf(own, options.algorithm);
    const sources = uniqueSources([...this.#blobs.get(digest)?.sources ?? [], ...options.sources ?? []]);
    this.#blobs.set(digest, { bytes: own, sources });
    for (const pending of this.#watchers) pending.markBlob(digest);
    return digest;
  }

  /**
   * Begins a download of content, which can be read as it grows. An earlier one of the same digest is given up.
   *
   * @param total How many bytes there will be, if that is known.
   */
  receive(digest: Digest, { total }: { total?: number } = {}): MemoryIngest {
    this.#ingests.get(digest)?.abort();
    const ingest = new MemoryDownload(digest, {
      total,
      commit: async (bytes) => {
        const { algorithm } = splitDigest(digest);
        const found = await digestOf(bytes, algorithm);
        if (found !== digest) throw new ContentMismatchError(`Cannot write "${digest}": its digest is ${found}`);
        await this.put(bytes, { algorithm });
      },
      ended: () => {
        if (this.#ingests.get(digest) === ingest) this.#ingests.delete(digest);
      },
    });
    this.#ingests.set(digest, ingest);
    return ingest;
  }

  /** Removes content, if it is there. */
  delete(digest: Digest): void {
    this.#blobs.delete(digest);
    for (const pending of this.#watchers) pending.markBlob(digest);
  }

  /**
   * Gives a digest an image name: `registry/repository:tag`, or `registry/repository@digest`, which is a source only.
   *
   * @throws {SyntaxError} If the name is neither.
   */
  tag(name: string, digest: Digest): void {
    this.#images.set(name, { reference: parseReference(name), digest });
    for (const pending of this.#watchers) pending.markImages();
  }

  /** Removes an image name, if it is there. */
  untag(name: string): void {
    this.#images.delete(name);
    for (const pending of this.#watchers) pending.markImages();
  }

  /** As {@linkcode ContentStore} says. */
  async describe(digest: Digest, options: CallOptions = {}): Promise<Descriptor> {
    options.signal?.throwIfAborted();
    const { mediaType } = await this.#inspector.inspect(digest, options);
    return { digest, size: this.#get(digest).bytes.length, mediaType };
  }

  /** As {@linkcode ContentStore} says. */
  open(digest: Digest, options: OpenOptions = {}): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    return Promise.try(() => {
      options.signal?.throwIfAborted();
      const { bytes } = this.#get(digest);
      const { offset, length } = readWindow(digest, bytes.length, options);
      return streamBytes(bytes.subarray(offset, offset + length), options);
    });
  }

  /** As {@linkcode ContentStore} says. */
  ingest(digest: Digest, options: CallOptions = {}): Promise<IngestStatus | undefined> {
    return Promise.try(() => {
      options.signal?.throwIfAborted();
      return this.#ingests.get(digest)?.status;
    });
  }

  /** As {@linkcode ContentStore} says. */
  tail(digest: Digest, options: TailOptions = {}): Promise<IngestTail> {
    return Promise.try(() => {
      options.signal?.throwIfAborted();
      const ingest = this.#ingests.get(digest);
      const total = ingest?.status.total;
      if (!ingest || total === undefined) throw new ContentNotFoundError(digest);
      const { offset } = readWindow(digest, total, { offset: options.offset });
      return { total, body: tailStream(ingest.reader(), { ...options, offset, total }) };
    });
  }

  /** As {@linkcode ContentStore} says. */
  resolve(tag: TagName, options: CallOptions = {}): Promise<Digest> {
    return Promise.try(() => {
      options.signal?.throwIfAborted();
      const image = this.#images.get(tag);
      if (!image || image.reference.digest || !this.#blobs.has(image.digest)) throw new ContentNotFoundError(tag);
      return image.digest;
    });
  }

  /** As {@linkcode ContentStore} says. */
  async sources(digest: Digest, options: CallOptions = {}): Promise<readonly Repository[]> {
    const { sources } = this.#get(digest);
    const named = await walkImages(this.#images.values(), this.#inspector, options);
    return mergeSources(sources, named.get(digest) ?? []);
  }

  /** As {@linkcode ContentStore} says. */
  async *watch(options: { signal: AbortSignal }): AsyncGenerator<ContentEvent> {
    const signal = AbortSignal.any([options.signal, this.#stopped.signal]);
    const pending = new PendingChanges({ coalesceMs: COALESCE_MS });
    pending.markAll();
    this.#watchers.add(pending);
    try {
      yield* tellChanges({ pending, look: (_, options) => this.#look(options) }, { signal });
    } finally {
      this.#watchers.delete(pending);
    }
  }

  /** Forgets everything, and ends whoever watches. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort();
    for (const ingest of [...this.#ingests.values()]) ingest.abort();
    this.#blobs.clear();
    this.#images.clear();
    return Promise.resolve();
  }

  async #look({ signal }: CallOptions): Promise<ContentSnapshot> {
    const blobs = new Map<Digest, BlobState>();
    for (const [digest, { mediaType }] of await this.#inspector.inspectAll(this.#blobs.keys(), { signal })) {
      const blob = this.#blobs.get(digest);
      if (blob) blobs.set(digest, { mediaType, sources: blob.sources });
    }
    return takeSnapshot(
      blobs,
      this.#images.values(),
      await walkImages(this.#images.values(), this.#inspector, { signal }),
    );
  }

  #get(digest: Digest): StoredBlob {
    const blob = this.#blobs.get(digest);
    if (!blob) throw new ContentNotFoundError(digest);
    return blob;
  }
}
