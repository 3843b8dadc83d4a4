import type { CallOptions } from "../../core/call_options.ts";
import { MINUTE_MS } from "../../core/units.ts";
import type { Digest } from "../../oci/digest.ts";
import { blobPath } from "../blob_path.ts";
import { ContentNotFoundError } from "../content_store.ts";
import type { IngestStatus, IngestTail, TailOptions } from "../ingest.ts";
import { tailFile } from "../tail_file.ts";
import { findParts, type PartFile } from "./part_files.ts";

/** A file that has not grown for so long, in milliseconds, was left behind by a writer that was killed. */
const ABANDONED_MS = 5 * MINUTE_MS;

/** Looks for a blob that is being written, as `IngestReader.ingest()` has to. */
export async function findIngest(
  root: string,
  digest: Digest,
  options: CallOptions = {},
): Promise<IngestStatus | undefined> {
  const found = await find(root, digest, options);
  return found && { offset: found.offset, total: found.total };
}

/** Opens a blob that is being written, as `IngestReader.tail()` has to. */
export async function tailIngest(root: string, digest: Digest, options: TailOptions = {}): Promise<IngestTail> {
  const found = await find(root, digest, options);
  if (!found) throw new ContentNotFoundError(digest);
  const { path, total } = found;
  return await tailFile({ digest, total }, {
    growing: path,
    complete: blobPath(root, digest),
    identity: path, // every write has a name of its own
    identify: () => sizeOf(path).then((size) => size === undefined ? undefined : path),
  }, options);
}

async function find(
  root: string,
  digest: Digest,
  { signal }: CallOptions,
): Promise<PartFile & { offset: number } | undefined> {
  signal?.throwIfAborted();
  const parts = await findParts(root, digest);
  const sized = await Promise.all(parts.map(async (part) => ({ ...part, offset: await sizeOf(part.path) })));
  signal?.throwIfAborted();
  const there = sized.flatMap(({ offset, ...part }) => offset === undefined ? [] : [{ ...part, offset }]);
  return there.sort((a, b) => b.offset - a.offset)[0];
}

/** @returns undefined if the file is not there any more, or nobody writes it any more. */
async function sizeOf(path: string): Promise<number | undefined> {
  try {
    const { size, mtime } = await Deno.stat(path);
    return Date.now() - (mtime?.getTime() ?? 0) > ABANDONED_MS ? undefined : size;
  } catch (reason) {
    if (reason instanceof Deno.errors.NotFound) return undefined;
    throw reason;
  }
}
