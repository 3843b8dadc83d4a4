import { getLogger } from "@logtape/logtape";
import { errorMessage } from "../../core/errors.ts";
import type { Digest } from "../../oci/digest.ts";
import { openBlobFile } from "../blob_file.ts";
import { blobPath } from "../blob_path.ts";
import type { OpenOptions } from "../content_store.ts";
import { readWindow } from "../read_window.ts";
import type { ContainerdClient } from "./client.ts";
import type { BlobComponents } from "./describe.ts";
import { readContent } from "./read_content.ts";

const logger = getLogger(["peili", "store", "containerd"]);

/** Opens a blob, as `ContentOpener.open()` has to: its file, and where that cannot be read, through containerd. */
export async function openBlob(
  components: BlobComponents & { client: ContainerdClient },
  digest: Digest,
  options: OpenOptions = {},
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const { client, infos, root } = components;
  options.signal?.throwIfAborted();
  const known = infos.known(digest);
  const { size } = known ?? await infos.ask(digest, options);
  const directory = await root.find(options);
  if (directory !== undefined) {
    try {
      return await openBlobFile(blobPath(directory, digest), digest, { ...options, size });
    } catch (reason) {
      if (!isUnreadable(reason)) throw reason;
      logger.debug("Reading through containerd instead: {reason}", { reason: errorMessage(reason) });
    }
  }
  if (known) await infos.ask(digest, options); // what was remembered is worth nothing without the file
  return await readContent(client, digest, readWindow(digest, size, options), options);
}

/** Returns whether a file is not there, or not for us. */
export function isUnreadable(reason: unknown): boolean {
  return reason instanceof Deno.errors.NotFound || reason instanceof Deno.errors.PermissionDenied ||
    reason instanceof Deno.errors.NotCapable || reason instanceof Deno.errors.NotADirectory;
}
