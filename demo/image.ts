import type { Digest } from "../src/oci/digest.ts";
import { MIB } from "../src/core/units.ts";
import { buildImage, type BuiltImage } from "../tests/support/image/build_image.ts";
import type { ContentDescriptor, OciLayout } from "../tests/support/image/oci_layout.ts";

/** The name of the image without its registry. */
export const IMAGE = { repository: "demo/app", tag: "v1" } as const;

/** The sizes of the layers. The first one is large enough to be in the middle of it when a peer dies. */
const LAYER_BYTES = [64 * MIB, 32 * MIB, 16 * MIB, 8 * MIB, 4 * MIB];

/** How fast upstream sends each body: like a registry that is not in the same rack, in bytes per second. */
export const UPSTREAM_BYTES_PER_SECOND = 32 * MIB;

/** Makes the image of the demo in the layout that upstream serves. */
export function makeImage(layout: OciLayout): Promise<BuiltImage> {
  return buildImage(layout, {
    names: [`${IMAGE.repository}:${IMAGE.tag}`],
    layers: LAYER_BYTES.map((sizeBytes) => ({ sizeBytes })),
  });
}

/** What a piece of the image is called in the demo. */
export interface NamedBlob {
  /** `manifest`, `config` or `layer 1` and so on. */
  name: string;
  /** Its digest. */
  digest: Digest;
  /** Its size in bytes. */
  size: number;
}

/** Names the content of an image, in the order in which it is pulled. */
export function nameContent({ manifest, config, layers }: BuiltImage): NamedBlob[] {
  const named = (name: string, { digest, size }: ContentDescriptor) => ({ name, digest, size });
  return [
    named("manifest", manifest),
    named("config", config),
    ...layers.map((layer, index) => named(`layer ${index + 1}`, layer)),
  ];
}
