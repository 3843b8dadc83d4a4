import type { Digest } from "../../src/oci/digest.ts";
import { MEDIA_TYPE } from "../../src/oci/media_type.ts";
import { MemoryStore } from "../../src/store/memory_store.ts";

/** The registry and repository of the image of {@linkcode storedImage}. */
export const IMAGE_NAME = "reg.example:5000/team/app";

/** One object of an image. */
export interface StoredObject {
  /** Its digest. */
  digest: Digest;
  /** All of its bytes. */
  bytes: Uint8Array<ArrayBuffer>;
  /** What it is served as. */
  mediaType: string;
}

/** An image in a store of its own. */
export interface StoredImage {
  /** The store that holds it. */
  store: MemoryStore;
  /** The index that the tag `v1` names. */
  index: StoredObject;
  /** The only manifest. */
  manifest: StoredObject;
  /** The configuration. */
  config: StoredObject;
  /** The first layer, longer than the chunks that anything here is read in. */
  layer: StoredObject;
  /** A layer without a byte. */
  empty: StoredObject;
  /** A layer with a sha512 digest. */
  wide: StoredObject;
  /** All of its objects. */
  objects: readonly StoredObject[];
}

/** Returns bytes that repeat with no power of two, so that a wrong offset shows. */
export function patternBytes(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, index) => (index * 7 + (index >> 8)) % 251);
}

/** Makes an image whose tag is `reg.example:5000/team/app:v1`. */
export async function storedImage(layerBytes = 700_001): Promise<StoredImage> {
  const store = new MemoryStore();
  const put = async (bytes: Uint8Array<ArrayBuffer>, mediaType: string, algorithm?: "sha512") => ({
    digest: await store.put(bytes, { algorithm }),
    bytes,
    mediaType,
  });
  const json = (value: unknown, mediaType: string) => put(new TextEncoder().encode(JSON.stringify(value)), mediaType);
  const of = ({ digest, bytes }: StoredObject, mediaType: string) => ({ digest, size: bytes.length, mediaType });

  const config = await json({ architecture: "amd64", os: "linux" }, MEDIA_TYPE.octetStream);
  const layer = await put(patternBytes(layerBytes), MEDIA_TYPE.octetStream);
  const empty = await put(new Uint8Array(), MEDIA_TYPE.octetStream);
  const wide = await put(patternBytes(999), MEDIA_TYPE.octetStream, "sha512");
  const manifest = await json({
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.ociManifest,
    config: of(config, MEDIA_TYPE.ociConfig),
    layers: [layer, empty, wide].map((blob) => of(blob, "application/vnd.oci.image.layer.v1.tar")),
  }, MEDIA_TYPE.ociManifest);
  const index = await json(
    { schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests: [of(manifest, MEDIA_TYPE.ociManifest)] },
    MEDIA_TYPE.ociIndex,
  );
  store.tag(`${IMAGE_NAME}:v1`, index.digest);
  const objects = [index, manifest, config, layer, empty, wide];
  return { store, index, manifest, config, layer, empty, wide, objects };
}
