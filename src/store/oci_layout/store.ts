import type { CallOptions } from "../../core/call_options.ts";
import type { Digest } from "../../oci/digest.ts";
import type { Descriptor } from "../../oci/manifest.ts";
import type { Repository, TagName } from "../../oci/reference.ts";
import { BlobInspector } from "../blob_inspector.ts";
import { blobPath } from "../blob_path.ts";
import { type ContentEvent, ContentNotFoundError, type ContentStore, type OpenOptions } from "../content_store.ts";
import type { IngestStatus, IngestTail, TailOptions } from "../ingest.ts";
import { readManifestFile } from "../manifest_file.ts";
import { walkImages } from "../walk_images.ts";
import { blobSize, describeBlob } from "./describe.ts";
import { LayoutImages } from "./images.ts";
import { findIngest, tailIngest } from "./ingest.ts";
import { openBlob } from "./open.ts";
import { resolveTag } from "./resolve.ts";
import { watchLayout } from "./watch.ts";

/**
 * Opens an OCI image layout as a content store.
 *
 * Blobs have to appear complete, by a rename, as image tools write them. Whoever fills the layout may do so in
 * another process; within this one there is `LayoutWriter`. Blobs that a `LayoutWriter` of any process is writing can be
 * read as they grow.
 *
 * @param root The directory of the layout. It may still be empty.
 * @throws {Deno.errors.NotFound} If there is no such directory.
 */
export async function openLayoutStore(root: string): Promise<ContentStore> {
  const { isDirectory } = await Deno.stat(root);
  if (!isDirectory) throw new Deno.errors.NotFound(`Cannot open "${root}": it is no directory`);
  return new LayoutStore(root);
}

class LayoutStore implements ContentStore {
  readonly name = "oci-layout";
  readonly #root: string;
  readonly #images: LayoutImages;
  readonly #inspector: BlobInspector;
  readonly #closed = new AbortController();

  constructor(root: string) {
    this.#root = root;
    this.#images = new LayoutImages(root);
    this.#inspector = new BlobInspector({ readManifest: (digest) => readManifest(root, digest) });
  }

  describe(digest: Digest, options: CallOptions = {}): Promise<Descriptor> {
    return describeBlob({ root: this.#root, inspector: this.#inspector }, digest, options);
  }

  open(digest: Digest, options: OpenOptions = {}): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    return openBlob(this.#root, digest, options);
  }

  ingest(digest: Digest, options: CallOptions = {}): Promise<IngestStatus | undefined> {
    return findIngest(this.#root, digest, options);
  }

  tail(digest: Digest, options: TailOptions = {}): Promise<IngestTail> {
    return tailIngest(this.#root, digest, options);
  }

  async resolve(tag: TagName, options: CallOptions = {}): Promise<Digest> {
    options.signal?.throwIfAborted();
    return await resolveTag({ root: this.#root, images: this.#images }, tag);
  }

  async sources(digest: Digest, options: CallOptions = {}): Promise<readonly Repository[]> {
    options.signal?.throwIfAborted();
    await blobSize(this.#root, digest);
    const named = await walkImages(await this.#images.list(), this.#inspector, options);
    return named.get(digest) ?? [];
  }

  watch({ signal }: { signal: AbortSignal }): AsyncIterable<ContentEvent> {
    const both = AbortSignal.any([signal, this.#closed.signal]);
    return watchLayout({ root: this.#root, images: this.#images, inspector: this.#inspector }, { signal: both });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    return Promise.resolve();
  }
}

async function readManifest(root: string, digest: Digest): Promise<Uint8Array | undefined> {
  try {
    return await readManifestFile(blobPath(root, digest));
  } catch (reason) {
    if (reason instanceof Deno.errors.NotFound) throw new ContentNotFoundError(digest, { cause: reason });
    throw reason;
  }
}
