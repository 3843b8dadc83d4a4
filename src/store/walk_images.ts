import type { CallOptions } from "../core/call_options.ts";
import type { Digest } from "../oci/digest.ts";
import { isManifestMediaType } from "../oci/media_type.ts";
import type { Reference, Repository } from "../oci/reference.ts";
import type { BlobInspector, Inspection } from "./blob_inspector.ts";
import { ContentNotFoundError } from "./content_store.ts";
import { uniqueSources } from "./merge_sources.ts";

/** An image that a store knows by name. */
export interface NamedImage {
  /** The parsed name. */
  reference: Reference;
  /** The manifest or index that it names. */
  digest: Digest;
}

/** How {@linkcode walkImages} walks. */
export interface WalkOptions extends CallOptions {
  /** Tells whether a manifest is there and may be read. @default whichever can be read */
  present?: (digest: Digest) => boolean;
}

/**
 * Finds the repositories that content belongs to by image names: each name leads to a manifest, and from there to
 * everything that the manifests which are present refer to.
 *
 * @returns For every digest that a name leads to, present or not, its repositories; at most 64 each.
 */
export async function walkImages(
  images: Iterable<NamedImage>,
  inspector: BlobInspector,
  options: WalkOptions = {},
): Promise<Map<Digest, readonly Repository[]>> {
  const targets = Map.groupBy(images, ({ digest }) => digest);
  const found = new Map<Digest, readonly Repository[]>();
  for (const [target, names] of targets) {
    const repositories = uniqueSources(names.map(({ reference }) => reference));
    for (const digest of await reachable(target, inspector, options)) {
      const known = found.get(digest);
      found.set(digest, known ? uniqueSources([...known, ...repositories]) : repositories);
    }
  }
  return found;
}

async function reachable(target: Digest, inspector: BlobInspector, options: WalkOptions): Promise<Set<Digest>> {
  const seen = new Set([target]);
  const manifests = [target];
  for (let digest = manifests.pop(); digest; digest = manifests.pop()) {
    for (const child of (await inspectPresent(digest, inspector, options)).children) {
      if (seen.has(child.digest)) continue;
      seen.add(child.digest);
      if (isManifestMediaType(child.mediaType)) manifests.push(child.digest);
    }
  }
  return seen;
}

/** Indexes name the manifests of every platform, but only those that were pulled are there. */
async function inspectPresent(
  digest: Digest,
  inspector: BlobInspector,
  { present, signal }: WalkOptions,
): Promise<Pick<Inspection, "children">> {
  if (present && !present(digest)) return { children: [] };
  try {
    return await inspector.inspect(digest, { signal });
  } catch (reason) {
    if (reason instanceof ContentNotFoundError) return { children: [] };
    throw reason;
  }
}
