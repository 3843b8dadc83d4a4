import type { CallOptions } from "../../core/call_options.ts";
import { MANIFEST_MAX_BYTES } from "../../core/limits.ts";
import type { Digest } from "../../oci/digest.ts";
import type { Descriptor } from "../../oci/manifest.ts";
import { MEDIA_TYPE } from "../../oci/media_type.ts";
import type { BlobInspector } from "../blob_inspector.ts";
import { blobPath } from "../blob_path.ts";
import { ContentNotFoundError } from "../content_store.ts";

/** Describes the file of a blob, as `ContentDescriber.describe()` has to. */
export async function describeBlob(
  { root, inspector }: { root: string; inspector: BlobInspector },
  digest: Digest,
  options: CallOptions = {},
): Promise<Descriptor> {
  options.signal?.throwIfAborted();
  const size = await blobSize(root, digest);
  const mediaType = size > MANIFEST_MAX_BYTES
    ? MEDIA_TYPE.octetStream
    : (await inspector.inspect(digest, options)).mediaType;
  return { digest, size, mediaType };
}

/**
 * Returns the size of a blob in bytes.
 *
 * @throws {ContentNotFoundError} If the layout does not hold it.
 */
export async function blobSize(root: string, digest: Digest): Promise<number> {
  try {
    const { isFile, size } = await Deno.stat(blobPath(root, digest));
    if (!isFile) throw new ContentNotFoundError(digest);
    return size;
  } catch (reason) {
    if (reason instanceof Deno.errors.NotFound) throw new ContentNotFoundError(digest, { cause: reason });
    throw reason;
  }
}
