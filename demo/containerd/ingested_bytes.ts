import { type Digest, isDigest } from "../../src/oci/digest.ts";
import { blobPath } from "../../src/store/blob_path.ts";

/**
 * Finds how much of some blobs containerd has taken in: of those that it is downloading, and of those that it has.
 *
 * @param contentPath containerd's content directory.
 */
export async function ingestedBytes(contentPath: string, digests: Iterable<Digest>): Promise<Map<Digest, number>> {
  const bytes = await downloads(`${contentPath}/ingest`);
  for (const digest of digests) {
    const size = await sizeOf(blobPath(contentPath, digest));
    if (size !== undefined) bytes.set(digest, size);
  }
  return bytes;
}

/** Each download has a directory with its bytes so far in `data`, and in `ref` a name that ends with the digest. */
async function downloads(ingestPath: string): Promise<Map<Digest, number>> {
  const bytes = new Map<Digest, number>();
  for (const { name } of await Array.fromAsync(Deno.readDir(ingestPath)).catch(() => [])) {
    const ref = await Deno.readTextFile(`${ingestPath}/${name}/ref`).catch(() => ""); // it may just have ended
    const digest = ref.slice(ref.lastIndexOf("-") + 1);
    if (isDigest(digest)) bytes.set(digest, await sizeOf(`${ingestPath}/${name}/data`) ?? 0);
  }
  return bytes;
}

async function sizeOf(path: string): Promise<number | undefined> {
  return (await Deno.stat(path).catch(() => undefined))?.size;
}
