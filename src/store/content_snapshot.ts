import type { Digest } from "../oci/digest.ts";
import { type Repository, type TagName, tagName } from "../oci/reference.ts";
import type { ContentEvent } from "./content_store.ts";
import { mergeSources, sameSources } from "./merge_sources.ts";
import type { NamedImage } from "./walk_images.ts";

/** What is told of a present blob. */
export interface BlobState {
  /** As `ContentDescriber` gives it. */
  mediaType: string;
  /** Where it came from. */
  sources: readonly Repository[];
}

/** All that a store holds at one moment. */
export interface ContentSnapshot {
  /** The blobs that are present. */
  blobs: ReadonlyMap<Digest, BlobState>;
  /** The tags whose manifest is present. */
  tags: ReadonlyMap<TagName, Digest>;
}

/** A store that holds nothing. */
export const EMPTY_SNAPSHOT: ContentSnapshot = { blobs: new Map(), tags: new Map() };

/**
 * Puts together what a store holds.
 *
 * @param blobs The present blobs with the sources that they carry themselves.
 * @param images The image names, of which pure tags become tags.
 * @param named The sources by image name, from `walkImages`.
 */
export function takeSnapshot(
  blobs: ReadonlyMap<Digest, BlobState>,
  images: Iterable<NamedImage>,
  named: ReadonlyMap<Digest, readonly Repository[]>,
): ContentSnapshot {
  const all = new Map<Digest, BlobState>();
  for (const [digest, { mediaType, sources }] of blobs) {
    const more = named.get(digest);
    all.set(digest, { mediaType, sources: more ? mergeSources(sources, more) : sources });
  }
  const tags = new Map<TagName, Digest>();
  for (const { reference, digest } of images) {
    // "repository:tag@digest" is a name for the digest: that the tag names it too is nowhere promised.
    if (reference.tag === undefined || reference.digest !== undefined || !all.has(digest)) continue;
    tags.set(tagName(reference, reference.tag), digest);
  }
  return { blobs: all, tags };
}

/** Yields the events that lead from one snapshot to another. */
export function* differences(before: ContentSnapshot, after: ContentSnapshot): Generator<ContentEvent> {
  if (before === after) return;
  for (const [digest, blob] of after.blobs) {
    const told = before.blobs.get(digest);
    if (told && told.mediaType === blob.mediaType && sameSources(told.sources, blob.sources)) continue;
    yield { type: "blob", digest, mediaType: blob.mediaType, sources: blob.sources };
  }
  for (const [tag, digest] of after.tags) {
    if (before.tags.get(tag) !== digest) yield { type: "tag", tag, digest };
  }
  for (const tag of before.tags.keys()) {
    if (!after.tags.has(tag)) yield { type: "tag-gone", tag };
  }
  for (const digest of before.blobs.keys()) {
    if (!after.blobs.has(digest)) yield { type: "blob-gone", digest };
  }
}
