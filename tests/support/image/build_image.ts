import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { createGzip } from "node:zlib";
import { MEDIA_TYPE } from "../../../src/oci/media_type.ts";
import type { ContentDescriptor, OciLayout } from "./oci_layout.ts";
import { seededBytes } from "./seeded_bytes.ts";
import { tarStream } from "./tar_stream.ts";

/** One layer of an image to be made: a single file that cannot be compressed. */
export interface LayerOptions {
  /** The size of the file in bytes; the layer is 2 KiB larger or so. */
  sizeBytes: number;
  /** How the layer is packed. @default {"gzip"} */
  compression?: "gzip" | "none";
  /** Layers with the same seed, size and compression are the same blob. @default a seed of the image and the index */
  seed?: string;
}

/** What {@linkcode buildImage} makes. */
export interface BuildImageOptions {
  /** Names to give it in the layout, such as `lib/app:v1`. */
  names?: string[];
  /** Images with the same seed and sizes are the same image. @default the first name */
  seed?: string;
  /** The layers, lowest first. */
  layers: LayerOptions[];
  /** Put the manifest into an index beside manifests of other platforms that are not in the layout. @default {false} */
  indexWithAbsentPlatforms?: boolean;
}

/** An image in a layout. */
export interface BuiltImage {
  /** What the names point to: the index if there is one, else the manifest. */
  target: ContentDescriptor;
  /** The manifest for this machine's platform. */
  manifest: ContentDescriptor;
  /** Its config. */
  config: ContentDescriptor;
  /** Its layers, lowest first. */
  layers: ContentDescriptor[];
  /** All content that a pull on this platform needs. */
  content: ContentDescriptor[];
  /** The size of all that in bytes. */
  totalBytes: number;
}

const LAYER_MEDIA_TYPE = {
  gzip: "application/vnd.oci.image.layer.v1.tar+gzip",
  none: "application/vnd.oci.image.layer.v1.tar",
} as const;

/** How OCI calls this machine's processor. */
const ARCHITECTURE = Deno.build.arch === "aarch64" ? "arm64" : "amd64";

/** Makes an image of real layers, the same bytes at every run. Layers are streamed, never held in memory. */
export async function buildImage(layout: OciLayout, options: BuildImageOptions): Promise<BuiltImage> {
  const { names = [], seed = names[0] ?? "image", indexWithAbsentPlatforms = false } = options;
  const layers: ContentDescriptor[] = [];
  const diffIds: string[] = [];
  for (const [index, layer] of options.layers.entries()) {
    const { descriptor, diffId } = await addLayer(layout, layer, layer.seed ?? `${seed}/${index}`);
    layers.push(descriptor);
    diffIds.push(diffId);
  }
  const config = await layout.addJson(MEDIA_TYPE.ociConfig, {
    architecture: ARCHITECTURE,
    os: "linux",
    config: { Labels: { seed } },
    rootfs: { type: "layers", diff_ids: diffIds },
  });
  const manifest = await layout.addJson(MEDIA_TYPE.ociManifest, {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.ociManifest,
    config,
    layers,
  });
  const target = indexWithAbsentPlatforms ? await addIndex(layout, manifest, seed) : manifest;
  for (const name of names) await layout.tag(name, target);
  const content = [...new Map([target, manifest, config, ...layers].map((item) => [item.digest, item])).values()];
  return { target, manifest, config, layers, content, totalBytes: content.reduce((sum, { size }) => sum + size, 0) };
}

async function addLayer(
  layout: OciLayout,
  { sizeBytes, compression = "gzip" }: LayerOptions,
  seed: string,
): Promise<{ descriptor: ContentDescriptor; diffId: string }> {
  const path = `data/${seed.replaceAll(/[^a-z0-9]+/gi, "-").slice(0, 80)}`;
  const hash = createHash("sha256");
  function* uncompressed(): Generator<Uint8Array> {
    for (const chunk of tarStream([{ path, size: sizeBytes, content: seededBytes(seed, sizeBytes) }])) {
      hash.update(chunk);
      yield chunk;
    }
  }
  // level 0: random bytes do not get smaller, and large layers should not take long
  const chunks = compression === "gzip" ? Readable.from(uncompressed()).pipe(createGzip({ level: 0 })) : uncompressed();
  const descriptor = await layout.addBlob(LAYER_MEDIA_TYPE[compression], chunks);
  return { descriptor, diffId: `sha256:${hash.digest("hex")}` };
}

async function addIndex(layout: OciLayout, manifest: ContentDescriptor, seed: string): Promise<ContentDescriptor> {
  const absent = (platform: { architecture: string; os: string }): ContentDescriptor => ({
    mediaType: MEDIA_TYPE.ociManifest,
    digest: `sha256:${createHash("sha256").update(`${seed} ${JSON.stringify(platform)}`).digest("hex")}`,
    size: manifest.size,
    platform,
  });
  return await layout.addJson(MEDIA_TYPE.ociIndex, {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.ociIndex,
    manifests: [
      absent({ architecture: "s390x", os: "linux" }),
      { ...manifest, platform: { architecture: ARCHITECTURE, os: "linux" } },
      absent({ architecture: "unknown", os: "unknown" }), // as build attestations are listed
    ],
  });
}
