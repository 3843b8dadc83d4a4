import type { CallOptions } from "../../core/call_options.ts";
import { type Digest, isDigest } from "../../oci/digest.ts";
import type { TagName } from "../../oci/reference.ts";
import { ContentNotFoundError } from "../content_store.ts";
import type { ContainerdClient } from "./client.ts";
import { type BlobComponents, presentBlob } from "./describe.ts";
import { ImagesService } from "./gen/images.ts";

/** Finds the digest of a tag, as `TagResolver.resolve()` has to. */
export async function resolveTag(
  components: BlobComponents & { client: ContainerdClient },
  tag: TagName,
  options: CallOptions = {},
): Promise<Digest> {
  const { image } = await components.client.call(ImagesService.get, { name: tag }, { ...options, subject: tag });
  const digest = image?.target?.digest ?? "";
  if (!isDigest(digest)) throw new ContentNotFoundError(tag);
  await presentBlob(components, digest, options);
  return digest;
}
