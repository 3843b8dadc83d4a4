import { buildImage } from "../support/image/build_image.ts";
import { OciLayout } from "../support/image/oci_layout.ts";

/** A large blob in a layout. */
export interface BenchImage {
  /** The layout's directory. */
  layoutDir: string;
  /** Where the blob is below that directory, with a leading slash. */
  filePath: string;
  /** Path and query of the blob at a node. */
  blobPath: string;
  /** Path and query of the manifest at a node. */
  manifestPath: string;
}

const REGISTRY = "registry.example";
const REPOSITORY = "bench/large";

/** Makes an image with one layer of about that size. */
export async function makeBenchImage(layoutDir: string, blobBytes: number): Promise<BenchImage> {
  const layout = await OciLayout.create(layoutDir);
  const { manifest, layers } = await buildImage(layout, {
    names: [`${REGISTRY}/${REPOSITORY}:v1`],
    layers: [{ sizeBytes: blobBytes, compression: "none" }],
  });
  const [layer] = layers;
  if (!layer) throw new Error("Cannot make an image: it has no layer");
  return {
    layoutDir,
    filePath: layout.blobPath(layer.digest).slice(layoutDir.length),
    blobPath: `/v2/${REPOSITORY}/blobs/${layer.digest}?ns=${REGISTRY}`,
    manifestPath: `/v2/${REPOSITORY}/manifests/${manifest.digest}?ns=${REGISTRY}`,
  };
}
