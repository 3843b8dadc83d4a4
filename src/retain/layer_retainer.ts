import type { Digest } from "../oci/digest.ts";

/** Keeps layers for other nodes. */
export interface LayerRetainer {
  /**
   * Notes that this node's containerd asks for a layer, so that it is kept for a while when it has come. Returns at
   * once, and never throws.
   *
   * @param sizeBytes Its size, where that is known already.
   */
  retain(digest: Digest, sizeBytes?: number): void;
}
