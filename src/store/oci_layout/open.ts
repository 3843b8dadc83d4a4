import type { Digest } from "../../oci/digest.ts";
import { openBlobFile } from "../blob_file.ts";
import { blobPath } from "../blob_path.ts";
import { ContentNotFoundError, type OpenOptions } from "../content_store.ts";

/** Opens the file of a blob, as `ContentOpener.open()` has to. */
export async function openBlob(
  root: string,
  digest: Digest,
  options: OpenOptions = {},
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  try {
    return await openBlobFile(blobPath(root, digest), digest, options);
  } catch (reason) {
    if (reason instanceof Deno.errors.NotFound) throw new ContentNotFoundError(digest, { cause: reason });
    throw reason;
  }
}
