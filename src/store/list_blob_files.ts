import { type Digest, isDigest } from "../oci/digest.ts";

/**
 * Lists the blobs in `blobs/<algorithm>` of a directory. Everything else in there is passed over.
 *
 * @throws the error of the system, if a directory is there but cannot be read.
 */
export async function listBlobFiles(root: string): Promise<Set<Digest>> {
  const found = new Set<Digest>();
  for (const algorithm of ["sha256", "sha512"]) {
    try {
      for await (const { name, isDirectory } of Deno.readDir(`${root}/blobs/${algorithm}`)) {
        const digest = `${algorithm}:${name}`;
        if (!isDirectory && isDigest(digest)) found.add(digest);
      }
    } catch (reason) {
      if (!(reason instanceof Deno.errors.NotFound)) throw reason;
    }
  }
  return found;
}
