import type { BuiltImage } from "../../support/image/build_image.ts";
import type { ContentDescriptor } from "../../support/image/oci_layout.ts";
import type { UpstreamStats } from "../../support/upstream/upstream_stats.ts";

/** What an upstream registry was asked for of some images. */
export interface UpstreamShare {
  /** The bytes of configs and layers that it gave, as a multiple of their sizes. */
  copies: number;
  /** The most GETs for one manifest or index. */
  manifestGets: number;
  /** The most GETs for one config. */
  configGets: number;
  /** The most GETs for one layer. */
  layerGets: number;
  /** All HEADs. */
  heads: number;
}

/** Counts what a registry gave of one image, or of several that may have layers in common. */
export function upstreamShare({ byReference }: UpstreamStats, ...images: readonly BuiltImage[]): UpstreamShare {
  const blobs = distinct(images.flatMap(({ config, layers }) => [config, ...layers]));
  const bytesOf = (items: readonly ContentDescriptor[], pick: (item: ContentDescriptor) => number) =>
    items.reduce((sum, item) => sum + pick(item), 0);
  const mostGets = (items: readonly ContentDescriptor[]) =>
    Math.max(0, ...items.map(({ digest }) => byReference[digest]?.gets ?? 0));
  return {
    copies: bytesOf(blobs, ({ digest }) => byReference[digest]?.bytes ?? 0) / bytesOf(blobs, ({ size }) => size),
    manifestGets: mostGets(images.flatMap(({ target, manifest }) => [target, manifest])),
    configGets: mostGets(images.map(({ config }) => config)),
    layerGets: mostGets(images.flatMap(({ layers }) => layers)),
    heads: Object.values(byReference).reduce((sum, { heads }) => sum + heads, 0),
  };
}

function distinct(items: readonly ContentDescriptor[]): ContentDescriptor[] {
  return [...new Map(items.map((item) => [item.digest, item])).values()];
}
