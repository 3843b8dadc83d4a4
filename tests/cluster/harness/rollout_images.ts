import { MIB } from "../../../src/core/units.ts";
import type { BuildImageOptions, LayerOptions } from "../../support/image/build_image.ts";

/** Layers that cannot be compressed and are stored as they are, so that a byte on the link is a byte of a file. */
export function layersOf(...mebibytes: readonly number[]): LayerOptions[] {
  return mebibytes.map((mib) => ({ sizeBytes: mib * MIB, compression: "none" }));
}

/** The shapes of the images that are rolled out. */
export const ROLLOUT_IMAGES = {
  "mixed layers": { layers: layersOf(24, 8, 4, 1) },
  "twelve equal layers": { layers: layersOf(...Array.from({ length: 12 }, () => 3)) },
  "one big layer": { layers: layersOf(36) },
  "an index": { layers: layersOf(24, 8, 4, 1), indexWithAbsentPlatforms: true },
} as const satisfies Record<string, BuildImageOptions>;
