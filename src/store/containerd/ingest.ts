import { createHash } from "node:crypto";
import type { CallOptions } from "../../core/call_options.ts";
import type { Digest } from "../../oci/digest.ts";
import { blobPath } from "../blob_path.ts";
import { ContentNotFoundError } from "../content_store.ts";
import type { IngestStatus, IngestTail, TailOptions } from "../ingest.ts";
import { tailFile } from "../tail_file.ts";
import type { ContentRoot } from "./content_root.ts";
import { hasFile } from "./describe.ts";
import type { IngestPlaces } from "./ingest_places.ts";
import { isUnreadable } from "./open.ts";
import type { Writers } from "./writers.ts";

/** What downloads are found with. */
export interface IngestComponents {
  /** Where the files are. */
  root: ContentRoot;
  /** The namespaces whose downloads count. */
  namespaces: readonly string[];
  /** Knows which of them may go on. */
  writers: Pick<Writers, "mayWrite">;
  /** Knows where those are that were found before. */
  places: Pick<IngestPlaces, "add" | "look">;
}

/** A download in its directory. */
interface FoundIngest extends IngestStatus {
  path: string;
  /** Whether its data has a file yet. */
  started: boolean;
  /** When it began: which download it is. */
  startedAt: string | undefined;
  /** When its data was written to, or it began, in milliseconds since the epoch; now, where that cannot be told. */
  writtenMs: number;
}

/**
 * What containerd puts in front of the digest in the name of a download, by media type. The likely ones first; all are
 * looked for at once.
 */
const REF_KINDS = ["layer", "config", "manifest", "index", "attestation", "unknown"] as const;

/**
 * Returns where the download of a digest may be: in a directory that is named by the hash of its name.
 *
 * @param root containerd's content directory.
 */
export function ingestPaths(root: string, namespaces: readonly string[], digest: Digest): string[] {
  const names = namespaces.flatMap((namespace) => REF_KINDS.map((kind) => `${namespace}/1/${kind}-${digest}`));
  return names.map((name) => `${root}/ingest/${createHash("sha256").update(name).digest("hex")}`);
}

/**
 * Looks for a download, as `IngestReader.ingest()` has to: where it was before, else everywhere. Where nothing is known,
 * nothing is there most of the time: one listing of the few downloads in progress costs a fraction of trying every name.
 */
export async function findIngest(
  components: IngestComponents,
  digest: Digest,
  options: CallOptions = {},
): Promise<IngestStatus | undefined> {
  options.signal?.throwIfAborted();
  const { places, writers } = components;
  const known = places.look(digest);
  if (known && writers.mayWrite(known.writtenMs)) return { offset: known.offset, total: known.total };
  const found = await find(components, digest, options);
  if (found?.started && found.total !== undefined) places.add(digest, { path: found.path, total: found.total });
  return found && { offset: found.offset, total: found.total };
}

/** Opens a download, as `IngestReader.tail()` has to. */
export async function tailIngest(
  components: IngestComponents,
  digest: Digest,
  options: TailOptions = {},
): Promise<IngestTail> {
  const found = await find(components, digest, options);
  const root = await components.root.find(options);
  if (found?.total === undefined || found.startedAt === undefined || root === undefined) {
    throw new ContentNotFoundError(digest);
  }
  const { path, total, startedAt } = found;
  return await tailFile({ digest, total }, {
    growing: `${path}/data`,
    complete: blobPath(root, digest),
    identity: startedAt,
    identify: () => readSmall(`${path}/startedat`),
  }, options);
}

async function find(
  { root, namespaces, writers }: IngestComponents,
  digest: Digest,
  options: CallOptions,
): Promise<FoundIngest | undefined> {
  options.signal?.throwIfAborted();
  const directory = await root.find(options);
  if (directory === undefined) return undefined;
  const names = await list(`${directory}/ingest`);
  const paths = ingestPaths(directory, namespaces, digest).filter((path) =>
    names.has(path.slice(path.lastIndexOf("/") + 1))
  );
  const ingests = await Promise.all(paths.map(look));
  options.signal?.throwIfAborted();
  const [found] = ingests.filter((one) => one !== undefined).filter(({ writtenMs }) => writers.mayWrite(writtenMs))
    .sort((a, b) => b.offset - a.offset);
  if (found === undefined) return undefined;
  // A directory without data may be one whose data was renamed a moment ago: the content is complete.
  return found.started || !await hasFile(directory, digest) ? found : undefined;
}

/** Lists the downloads in progress; a directory that is not there yet has none. */
async function list(directory: string): Promise<Set<string>> {
  const names = new Set<string>();
  try {
    for await (const { name } of Deno.readDir(directory)) names.add(name);
  } catch (reason) {
    if (!isUnreadable(reason)) throw reason;
  }
  return names;
}

async function look(path: string): Promise<FoundIngest | undefined> {
  const data = await Deno.stat(`${path}/data`).catch(() => undefined); // it is made last: from then on all is there
  const [total, startedAt] = await Promise.all([readSmall(`${path}/total`), readSmall(`${path}/startedat`)]);
  if (!data && (total === undefined || startedAt === undefined)) return undefined; // is just being made, or removed
  return {
    path,
    offset: data?.size ?? 0,
    total: /^\d+$/.test(total ?? "") ? Number(total) : undefined,
    started: data !== undefined,
    startedAt,
    writtenMs: data?.mtime?.getTime() ?? (Date.parse(startedAt ?? "") || Date.now()),
  };
}

/** Reads one of the files beside the data; the empty text of one that is just being made is none. */
async function readSmall(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path) || undefined;
  } catch (reason) {
    if (isUnreadable(reason)) return undefined;
    throw reason;
  }
}
