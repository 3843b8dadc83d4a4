import type { Digest } from "../../oci/digest.ts";
import type { BlobInspector } from "../blob_inspector.ts";
import { type BlobState, type ContentSnapshot, takeSnapshot } from "../content_snapshot.ts";
import { type ContentEvent, ContentNotFoundError } from "../content_store.ts";
import { listBlobFiles } from "../list_blob_files.ts";
import { type Changes, PendingChanges } from "../pending_changes.ts";
import { tellChanges } from "../tell_changes.ts";
import { walkImages } from "../walk_images.ts";
import { watchBlobs } from "../watch_blobs.ts";
import { blobSize } from "./describe.ts";
import type { LayoutImages } from "./images.ts";

/** What {@linkcode watchLayout} works with. */
export interface WatchLayoutComponents {
  /** The directory of the layout. */
  root: string;
  /** The image names. */
  images: LayoutImages;
  /** Finds the manifests. */
  inspector: BlobInspector;
}

/** Tells what a layout holds and every change of it, as `ContentWatcher.watch()` has to. */
export async function* watchLayout(
  components: WatchLayoutComponents,
  { signal }: { signal: AbortSignal },
): AsyncGenerator<ContentEvent> {
  const ended = new AbortController();
  const both = AbortSignal.any([signal, ended.signal]);
  const pending = new PendingChanges();
  const watching = watchBlobs(components.root, pending, { signal: both });
  const listing = new LayoutListing(components);
  pending.markAll();
  try {
    yield* tellChanges({ pending, look: (changes, options) => listing.look(changes, options) }, { signal: both });
  } finally {
    ended.abort();
    await watching;
  }
}

/** What was in the layout at the last look. */
class LayoutListing {
  readonly #components: WatchLayoutComponents;
  #blobs = new Map<Digest, BlobState>();

  constructor(components: WatchLayoutComponents) {
    this.#components = components;
  }

  /** Looks at the changes. Names are looked at every time: their file tells whether it is another one. */
  async look({ all, blobs }: Changes, { signal }: { signal: AbortSignal }): Promise<ContentSnapshot> {
    const { root, inspector } = this.#components;
    const present = all ? await listBlobFiles(root) : await onlyPresent(root, blobs);
    for (const digest of all ? [...this.#blobs.keys()] : blobs) {
      if (!present.has(digest)) this.#blobs.delete(digest);
    }
    const unknown = all ? present.difference(this.#blobs) : present;
    for (const [digest, { mediaType }] of await inspector.inspectAll(unknown, { signal })) {
      this.#blobs.set(digest, { mediaType, sources: [] });
    }
    const images = await this.#components.images.list();
    return takeSnapshot(this.#blobs, images, await walkImages(images, inspector, { signal }));
  }
}

async function onlyPresent(root: string, digests: Iterable<Digest>): Promise<Set<Digest>> {
  const present = new Set<Digest>();
  for (const digest of digests) {
    try {
      await blobSize(root, digest);
      present.add(digest);
    } catch (reason) {
      if (!(reason instanceof ContentNotFoundError)) throw reason;
    }
  }
  return present;
}
