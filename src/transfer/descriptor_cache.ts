import { LRUCache } from "lru-cache";
import type { Digest } from "../oci/digest.ts";
import { manifestChildren } from "../oci/manifest.ts";

/** How many sizes are remembered: the layers of some thousand images. */
const DESCRIPTORS_MAX = 50_000;
/** How many manifests are remembered as read. */
const MANIFESTS_MAX = 5_000;

/**
 * Remembers how large content is, as its manifest says.
 *
 * containerd asks for a manifest before it asks for what the manifest refers to, so by then the length of a layer is
 * known from a source that the digest vouches for, and no peer has to be believed.
 */
export class DescriptorCache {
  readonly #sizes = new LRUCache<Digest, number>({ max: DESCRIPTORS_MAX });
  readonly #manifests = new LRUCache<Digest, true>({ max: MANIFESTS_MAX });

  /**
   * Remembers what a manifest says of its children.
   *
   * @param digest The manifest's digest, which was verified.
   * @param bytes All of the manifest.
   * @returns The digests of the children.
   */
  learn(digest: Digest, bytes: Uint8Array): Digest[] {
    this.#manifests.set(digest, true);
    const children = manifestChildren(bytes);
    for (const child of children) this.#sizes.set(child.digest, child.size);
    return children.map((child) => child.digest);
  }

  /** Returns whether the manifest with this digest was learnt from. */
  knows(digest: Digest): boolean {
    return this.#manifests.has(digest);
  }

  /** Returns the size of content in bytes, if a manifest told it. */
  size(digest: Digest): number | undefined {
    return this.#sizes.get(digest);
  }
}
