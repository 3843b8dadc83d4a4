import { MANIFEST_MAX_BYTES } from "../core/limits.ts";
import { KIB } from "../core/units.ts";
import { startsJsonObject } from "../oci/media_type.ts";

/** What is read of a file to see whether it can be a manifest: most manifests are no longer. */
const HEAD_BYTES = 4 * KIB;

/**
 * Reads a file that may be a manifest.
 *
 * @returns The whole file, or `undefined` for one that cannot be a manifest: too large, or no JSON object.
 * @throws the error of the system, such as `Deno.errors.NotFound`.
 */
export async function readManifestFile(path: string): Promise<Uint8Array | undefined> {
  using file = await Deno.open(path);
  const { isFile, size } = await file.stat();
  if (!isFile || size === 0 || size > MANIFEST_MAX_BYTES) return undefined;
  const bytes = new Uint8Array(size);
  let filled = await file.read(bytes.subarray(0, HEAD_BYTES)) ?? 0;
  if (!startsJsonObject(bytes.subarray(0, filled))) return undefined;
  while (filled < size) {
    const count = await file.read(bytes.subarray(filled));
    if (count === null) break; // shrank meanwhile
    filled += count;
  }
  return bytes.subarray(0, filled);
}
