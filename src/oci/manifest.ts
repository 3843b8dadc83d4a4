import { type Digest, isDigest } from "./digest.ts";
import { MANIFEST_MAX_BYTES } from "../core/limits.ts";

/** A content descriptor: what one object says of another. */
export interface Descriptor {
  /** The digest of the content. */
  digest: Digest;
  /** The size of the content in bytes. */
  size: number;
  /** The media type of the content. */
  mediaType: string;
}

/** The most children that are taken from one manifest: beyond any real image, and a bound on a hostile one. */
const CHILDREN_MAX = 10_000;

/** The longest media type that is taken: type and subtype have at most 127 characters each (RFC 6838). */
const MEDIA_TYPE_MAX_LENGTH = 255;

/**
 * Reads what a manifest or an index refers to: manifests of an index; config and layers of a manifest.
 *
 * Descriptors that are malformed are left out: bytes from elsewhere are read here.
 *
 * @param bytes The manifest as stored; anything that is no manifest has no children.
 */
export function manifestChildren(bytes: Uint8Array): Descriptor[] {
  if (bytes.length > MANIFEST_MAX_BYTES) return [];
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return [];
  }
  if (typeof json !== "object" || json === null) return [];
  const { manifests, config, layers } = json as Record<string, unknown>;
  const found = [...arrayOf(manifests), ...arrayOf([config]), ...arrayOf(layers)];
  return found.filter(isDescriptor).slice(0, CHILDREN_MAX)
    .map(({ digest, size, mediaType }) => ({ digest, size, mediaType })); // annotations and data are not kept
}

function arrayOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function isDescriptor(value: unknown): value is Descriptor {
  if (typeof value !== "object" || value === null) return false;
  const { digest, size, mediaType } = value as Record<string, unknown>;
  return typeof digest === "string" && isDigest(digest) && typeof mediaType === "string" &&
    mediaType.length <= MEDIA_TYPE_MAX_LENGTH &&
    Number.isSafeInteger(size) && (size as number) >= 0;
}
