import { type Digest, splitDigest } from "../oci/digest.ts";

/** Returns where a directory keeps a blob: containerd and the OCI image layout have it at the same place. */
export function blobPath(root: string, digest: Digest): string {
  const { algorithm, hex } = splitDigest(digest);
  return `${root}/blobs/${algorithm}/${hex}`;
}
