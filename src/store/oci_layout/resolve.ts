import type { Digest } from "../../oci/digest.ts";
import { type TagName, tagName } from "../../oci/reference.ts";
import { ContentNotFoundError } from "../content_store.ts";
import { blobSize } from "./describe.ts";
import type { LayoutImages } from "./images.ts";

/** Finds the digest of a tag, as `TagResolver.resolve()` has to. */
export async function resolveTag(
  { root, images }: { root: string; images: LayoutImages },
  tag: TagName,
): Promise<Digest> {
  const image = (await images.list()).findLast(({ reference }) =>
    reference.tag !== undefined && reference.digest === undefined && tagName(reference, reference.tag) === tag
  );
  if (!image) throw new ContentNotFoundError(tag);
  await blobSize(root, image.digest);
  return image.digest;
}
