import type { CallOptions } from "../../core/call_options.ts";
import type { Digest } from "../../oci/digest.ts";
import { blobPath } from "../blob_path.ts";
import { ContentNotFoundError } from "../content_store.ts";
import { readManifestFile } from "../manifest_file.ts";
import type { BlobInfos } from "./blob_infos.ts";
import type { ContainerdClient } from "./client.ts";
import type { ContentRoot } from "./content_root.ts";
import { isUnreadable } from "./open.ts";
import { readManifestContent } from "./read_content.ts";

/** What {@linkcode readManifest} works with. */
export interface ReadManifestComponents {
  /** The connection. */
  client: ContainerdClient;
  /** Tells sizes. */
  infos: BlobInfos;
  /** Where the files are. */
  root: ContentRoot;
}

/**
 * Reads a blob that may be a manifest, as `ManifestReader.readManifest()` has to.
 *
 * Indexes name many manifests that are absent: where the directory can be read, containerd is not asked for them.
 */
export async function readManifest(
  { client, infos, root }: ReadManifestComponents,
  digest: Digest,
  options: CallOptions = {},
): Promise<Uint8Array | undefined> {
  const directory = await root.findReadable(options);
  if (directory !== undefined) {
    try {
      return await readManifestFile(blobPath(directory, digest));
    } catch (reason) {
      if (reason instanceof Deno.errors.NotFound) throw new ContentNotFoundError(digest, { cause: reason });
      if (!isUnreadable(reason)) throw reason;
    }
  }
  const { size } = infos.known(digest) ?? await infos.ask(digest, options);
  return await readManifestContent(client, digest, size, options);
}
