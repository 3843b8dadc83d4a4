/** OCI and Docker media types that mean something to a mirror. */
export const MEDIA_TYPE = {
  ociManifest: "application/vnd.oci.image.manifest.v1+json",
  ociIndex: "application/vnd.oci.image.index.v1+json",
  dockerManifest: "application/vnd.docker.distribution.manifest.v2+json",
  dockerManifestList: "application/vnd.docker.distribution.manifest.list.v2+json",
  ociConfig: "application/vnd.oci.image.config.v1+json",
  /** What blobs are served as. */
  octetStream: "application/octet-stream",
} as const;

/** The manifests and indexes that a mirror asks a peer for. */
export const MANIFEST_MEDIA_TYPES: readonly string[] = [
  MEDIA_TYPE.ociManifest,
  MEDIA_TYPE.dockerManifest,
  MEDIA_TYPE.ociIndex,
  MEDIA_TYPE.dockerManifestList,
];

/** Space, tab, line feed and carriage return. */
const JSON_WHITE_SPACE: readonly number[] = [0x20, 0x09, 0x0a, 0x0d];
const OPENING_BRACE = 0x7b;

/** Returns whether the media type is served by the manifests endpoint. */
export function isManifestMediaType(mediaType: string): boolean {
  return MANIFEST_MEDIA_TYPES.includes(mediaType);
}

/** Returns whether bytes that begin so can be a manifest: a JSON object, after any white space that JSON allows. */
export function startsJsonObject(head: Uint8Array): boolean {
  return head.find((byte) => !JSON_WHITE_SPACE.includes(byte)) === OPENING_BRACE;
}

/**
 * Finds the media type of stored JSON, as containerd keeps the bytes but not the type.
 *
 * @param bytes A whole blob.
 * @returns The type of a manifest or index, else `application/octet-stream`.
 */
export function sniffMediaType(bytes: Uint8Array): string {
  if (!startsJsonObject(bytes)) return MEDIA_TYPE.octetStream;
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return MEDIA_TYPE.octetStream;
  }
  const { schemaVersion, mediaType, manifests, config, layers } = json as Record<string, unknown>;
  if (schemaVersion !== 2) return MEDIA_TYPE.octetStream;
  if (typeof mediaType === "string" && isManifestMediaType(mediaType)) return mediaType;
  if (Array.isArray(manifests)) return MEDIA_TYPE.ociIndex;
  if (Array.isArray(layers) && typeof config === "object" && config !== null) return MEDIA_TYPE.ociManifest;
  return MEDIA_TYPE.octetStream;
}
