import { isManifestMediaType } from "../../src/oci/media_type.ts";
import type { BuiltImage } from "../../tests/support/image/build_image.ts";
import { IMAGE } from "../image.ts";

/**
 * Returns where a mirror has everything of the image: the tag first.
 *
 * @param mirror The mirror as `host:port`.
 * @param registry The registry that it stands in for, as `host:port`.
 */
export function mirrorUrls(mirror: string, registry: string, image: BuiltImage): string[] {
  const { repository, tag } = IMAGE;
  const objects = image.content.map(({ mediaType, digest }) =>
    `${isManifestMediaType(mediaType) ? "manifests" : "blobs"}/${digest}`
  );
  const query = `?ns=${encodeURIComponent(registry)}`;
  return [`manifests/${tag}`, ...objects].map((object) => `http://${mirror}/v2/${repository}/${object}${query}`);
}
