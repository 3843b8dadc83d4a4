import type { CallOptions } from "../core/call_options.ts";
import { abortable, deadline } from "../core/deadline.ts";
import type { Digest } from "../oci/digest.ts";
import type { IngestReader } from "../store/ingest.ts";
import type { DescriptorCache } from "../transfer/descriptor_cache.ts";

/** How long the store may take, in milliseconds: it only looks whether a few files are there. */
const LOOK_TIMEOUT_MS = 500;

/** What {@linkcode BlobSizes} works with. */
export interface BlobSizesComponents {
  /** Knows the sizes that manifests told this node. */
  descriptors: DescriptorCache;
  /** Knows how large a download of this node's own containerd will be. */
  store: IngestReader;
}

/**
 * Knows how large a blob is before anybody gives it, from its manifest: this node has read it, or its containerd has,
 * which writes the size down where it is about to store the blob, before it asks for it.
 */
export class BlobSizes {
  readonly #components: BlobSizesComponents;

  constructor(components: BlobSizesComponents) {
    this.#components = components;
  }

  /** Returns the size in bytes, or undefined where no manifest has told it. */
  async of(digest: Digest, { signal }: CallOptions = {}): Promise<number | undefined> {
    const { descriptors, store } = this.#components;
    const known = descriptors.size(digest);
    if (known !== undefined) return known;
    const bound = deadline(LOOK_TIMEOUT_MS, signal);
    try {
      return (await abortable(store.ingest(digest, { signal: bound }), bound))?.total;
    } catch {
      return undefined; // a store that cannot be asked knows nothing
    }
  }
}
