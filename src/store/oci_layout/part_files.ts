import { type Digest, splitDigest } from "../../oci/digest.ts";
import type { Descriptor } from "../../oci/manifest.ts";

/** The file of a blob that is being written. */
export interface PartFile {
  /** Where it is. */
  path: string;
  /** How many bytes it will have. */
  total: number;
}

/** Returns the directory of blobs that are being written: in the layout, as a rename works within one file system only. */
export function ingestPath(root: string): string {
  return `${root}/ingest`;
}

/** Makes a path for a blob that is to be written: others find it by the digest, and read the size from its name. */
export function newPartPath(root: string, { digest, size }: Pick<Descriptor, "digest" | "size">): string {
  return `${ingestPath(root)}/${prefixOf(digest)}${size}.${crypto.randomUUID()}`;
}

/** Finds the files of a blob that is being written, by several writers perhaps. There are never many to look through. */
export async function findParts(root: string, digest: Digest): Promise<PartFile[]> {
  const prefix = prefixOf(digest);
  const parts: PartFile[] = [];
  try {
    for await (const { name } of Deno.readDir(ingestPath(root))) {
      const [, size] = name.startsWith(prefix) ? /^(\d+)\.[\w-]+$/.exec(name.slice(prefix.length)) ?? [] : [];
      if (size !== undefined) parts.push({ path: `${ingestPath(root)}/${name}`, total: Number(size) });
    }
  } catch (reason) {
    if (!(reason instanceof Deno.errors.NotFound)) throw reason; // nobody has written here yet
  }
  return parts;
}

function prefixOf(digest: Digest): string {
  const { algorithm, hex } = splitDigest(digest);
  return `${algorithm}-${hex}.`;
}
