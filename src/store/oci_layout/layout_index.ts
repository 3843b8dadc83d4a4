import { MANIFEST_MAX_BYTES } from "../../core/limits.ts";
import type { Digest } from "../../oci/digest.ts";
import { isDigest } from "../../oci/digest.ts";

/** The annotation that holds the whole image name, as containerd writes it. */
export const NAME_ANNOTATION = "io.containerd.image.name";
/** The annotation of the image-spec: often the tag alone, sometimes the whole name. */
export const REF_NAME_ANNOTATION = "org.opencontainers.image.ref.name";

/** One named entry of `index.json`. */
export interface LayoutEntry {
  /** The name as it stands there. */
  name: string;
  /** What it names. */
  digest: Digest;
}

/** The most entries that are used. */
const ENTRIES_MAX = 10_000;

/**
 * Reads the named entries of an `index.json`. Entries that are malformed or have no name are passed over.
 *
 * {@link https://github.com/opencontainers/image-spec/blob/main/image-layout.md#indexjson-file}
 *
 * @throws {SyntaxError} If the text is no JSON object with a list of manifests.
 */
export function parseLayoutIndex(text: string): LayoutEntry[] {
  const index: unknown = text.length > MANIFEST_MAX_BYTES ? undefined : JSON.parse(text);
  const manifests = isObject(index) ? index.manifests : undefined;
  if (!Array.isArray(manifests)) throw new SyntaxError("Cannot parse index.json: expected an object with manifests");
  return manifests.slice(0, ENTRIES_MAX).flatMap((entry: unknown) => {
    const name = entryName(entry);
    const digest = isObject(entry) ? entry.digest : undefined;
    return name !== undefined && typeof digest === "string" && isDigest(digest) ? [{ name, digest }] : [];
  });
}

/** Returns the name of an entry of `index.json`, whatever the entry is. */
export function entryName(entry: unknown): string | undefined {
  const annotations = isObject(entry) ? entry.annotations : undefined;
  if (!isObject(annotations)) return undefined;
  const name = annotations[NAME_ANNOTATION] ?? annotations[REF_NAME_ANNOTATION];
  return typeof name === "string" ? name : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
