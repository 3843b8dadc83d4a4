import { type Digest, digestOf } from "../../src/oci/digest.ts";
import { MEDIA_TYPE } from "../../src/oci/media_type.ts";
import type { ContentStore } from "../../src/store/content_store.ts";

/** A download into a store, whose bytes the test brings. */
export interface TestIngest {
  /** Brings the next bytes. They may take a moment to be seen. */
  append(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Ends it, with all bytes there. */
  commit(): Promise<void>;
  /** Gives it up. */
  abort(): Promise<void>;
}

/** A store, and the ways in which its content changes. */
export interface StoreFixture extends AsyncDisposable {
  /** The store. */
  readonly store: ContentStore;
  /** Makes a blob present. It stays until it is removed. */
  put(bytes: Uint8Array<ArrayBuffer>): Promise<Digest>;
  /** Begins to download a blob. */
  ingest(digest: Digest, total: number): Promise<TestIngest>;
  /** Removes a blob. */
  remove(digest: Digest): Promise<void>;
  /** Gives a blob an image name. */
  name(name: string, digest: Digest): Promise<void>;
  /** Takes an image name away. */
  unname(name: string): Promise<void>;
}

/** Takes in one test that every store has to pass. */
export type RegisterStoreTest = (what: string, body: (fixture: StoreFixture) => Promise<void>) => void;

/** Makes bytes that no other test has. */
export function uniqueBytes(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  for (let offset = 0; offset < size; offset += 65_536) crypto.getRandomValues(bytes.subarray(offset, offset + 65_536));
  return bytes;
}

/** Makes the bytes of a JSON document. */
export function jsonBytes(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** A small image of which everything is present, except what the index says of another platform. */
export interface StoredImage {
  /** The index. */
  index: Digest;
  /** The manifest. */
  manifest: Digest;
  /** Its config. */
  config: Digest;
  /** Its one layer. */
  layer: Digest;
  /** The manifest of the other platform, which is absent. */
  absent: Digest;
}

/** Puts an image that no other test has into the store. */
export async function putImage(fixture: StoreFixture): Promise<StoredImage> {
  const layerBytes = uniqueBytes(5_000);
  const configBytes = jsonBytes({ architecture: "amd64", seed: crypto.randomUUID() });
  const layer = await fixture.put(layerBytes);
  const config = await fixture.put(configBytes);
  const manifestBytes = jsonBytes({
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.ociManifest,
    config: { mediaType: MEDIA_TYPE.ociConfig, digest: config, size: configBytes.length },
    layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar", digest: layer, size: layerBytes.length }],
  });
  const manifest = await fixture.put(manifestBytes);
  const absent = await digestOf(uniqueBytes(10));
  const index = await fixture.put(jsonBytes({
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.ociIndex,
    manifests: [
      { mediaType: MEDIA_TYPE.ociManifest, digest: absent, size: 500 },
      { mediaType: MEDIA_TYPE.ociManifest, digest: manifest, size: manifestBytes.length },
    ],
  }));
  return { index, manifest, config, layer, absent };
}
