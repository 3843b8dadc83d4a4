import { LRUCache } from "lru-cache";
import type { Digest } from "../oci/digest.ts";
import { manifestChildren } from "../oci/manifest.ts";

/** How many sizes are remembered: the layers of some thousand images. */
const DESCRIPTORS_MAX = 50_000;

/**
 * Remembers how large content is, as its manifest says.
 *
 * containerd asks for a manifest before it asks for what the manifest refers to, so by then the length of a layer is
 * known from a source that the digest vouches for, and no peer has to be believed.
 */
export class DescriptorCache {
  readonly #sizes = new LRUCache<Digest, number>({ max: DESCRIPTORS_MAX });

  /** Remembers what a manifest, whose digest was verified, says of its children. */
  learn(manifest: Uint8Array): void {
    for (const { digest, size } of manifestChildren(manifest)) this.#sizes.set(digest, size);
  }

  /** Returns the size of content in bytes, if a manifest told it. */
  size(digest: Digest): number | undefined {
    return this.#sizes.get(digest);
  }
}
