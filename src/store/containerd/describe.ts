import type { CallOptions } from "../../core/call_options.ts";
import { MANIFEST_MAX_BYTES } from "../../core/limits.ts";
import type { Digest } from "../../oci/digest.ts";
import type { Descriptor } from "../../oci/manifest.ts";
import { MEDIA_TYPE } from "../../oci/media_type.ts";
import type { BlobInspector } from "../blob_inspector.ts";
import { blobPath } from "../blob_path.ts";
import type { BlobInfo, BlobInfos } from "./blob_infos.ts";
import type { ContentRoot } from "./content_root.ts";

/** Where blobs are, and what is known of them. */
export interface BlobComponents {
  /** What containerd says. */
  infos: BlobInfos;
  /** Where the files are. */
  root: ContentRoot;
}

/** Describes a blob, as `ContentDescriber.describe()` has to. */
export async function describeBlob(
  components: BlobComponents & { inspector: BlobInspector },
  digest: Digest,
  options: CallOptions = {},
): Promise<Descriptor> {
  const { size } = await presentBlob(components, digest, options);
  const mediaType = size > MANIFEST_MAX_BYTES
    ? MEDIA_TYPE.octetStream
    : (await components.inspector.inspect(digest, options)).mediaType;
  return { digest, size, mediaType };
}

/**
 * Returns what is known of a blob that is present: what containerd said before, as long as its file is there, else
 * what containerd says now.
 *
 * @throws {ContentNotFoundError} If the blob is not in our namespace.
 * @throws {StoreUnavailableError} If containerd has to be asked and does not answer.
 */
export async function presentBlob(
  { infos, root }: BlobComponents,
  digest: Digest,
  options: CallOptions = {},
): Promise<BlobInfo> {
  options.signal?.throwIfAborted();
  const known = infos.known(digest);
  if (known && await hasFile(await root.find(options), digest, known.size)) return known;
  return await infos.ask(digest, options);
}

/**
 * Returns whether the file of a blob is there. A directory that cannot be read has no files.
 *
 * @param size What its size has to be in bytes, if that is known.
 */
export async function hasFile(root: string | undefined, digest: Digest, size?: number): Promise<boolean> {
  if (root === undefined) return false;
  try {
    const file = await Deno.stat(blobPath(root, digest));
    return file.isFile && file.size === (size ?? file.size);
  } catch {
    return false;
  }
}
