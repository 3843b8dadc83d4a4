import { getLogger } from "@logtape/logtape";
import { sleep } from "../core/deadline.ts";
import { errorMessage } from "../core/errors.ts";
import { onAbort } from "../core/on_abort.ts";
import { MINUTE_MS, SECOND_MS } from "../core/units.ts";
import { isDigest } from "../oci/digest.ts";
import type { PendingChanges } from "./pending_changes.ts";

/** The file of an OCI image layout that holds the image names. */
const INDEX_FILE = "index.json";

/** How often it is checked that the watched directories are still the same ones, in milliseconds. */
const IDENTITY_CHECK_MS = MINUTE_MS;

/** How often it is tried again to watch a directory that could not be, in milliseconds. */
const RETRY_MS = SECOND_MS;

/** The pause before watching begins anew, in milliseconds: directories that come and go must not keep us busy. */
const REARM_MS = 50;

/** After how many failed tries everything is looked at, as nothing else tells of changes. */
const TRIES_PER_LOOK = 5;

const logger = getLogger(["peili", "store"]);

/**
 * Marks what changes in a directory with `blobs/<algorithm>/<hex>`, until the signal aborts.
 *
 * Everything is marked when the watching begins or begins anew, when the system lost events, and every five seconds
 * while the directory cannot be watched, because it is not there or the system has no watches left.
 *
 * @param root The directory that has, or will have, `blobs` in it.
 */
export async function watchBlobs(
  root: string,
  pending: Pick<PendingChanges, "markAll" | "markBlob" | "markImages">,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    try {
      await watchOnce(await Deno.realPath(root), pending, signal); // nothing is told of a path with a link in it
      failures = 0;
      await sleep(REARM_MS, signal);
    } catch (reason) {
      if (signal.aborted) return;
      if (failures === 0) logger.warn('Cannot watch "{root}": {reason}', { root, reason: errorMessage(reason) });
      if (failures++ % TRIES_PER_LOOK === 0) pending.markAll();
      await sleep(RETRY_MS, signal).catch(() => {}); // the loop's condition sees the abort
    }
  }
}

/** Watches until one of the directories appears, vanishes or is another one than before. */
async function watchOnce(
  root: string,
  pending: Pick<PendingChanges, "markAll" | "markBlob" | "markImages">,
  signal: AbortSignal,
): Promise<void> {
  const directories = [root, `${root}/blobs`, `${root}/blobs/sha256`, `${root}/blobs/sha512`];
  const present = await identify(directories);
  signal.throwIfAborted();
  using watcher = Deno.watchFs([...present.keys()], { recursive: false });
  using _ = onAbort(signal, () => watcher.close());
  const check = setInterval(async () => {
    const now = await identify(directories).catch(() => new Map());
    if (!sameEntries(present, now)) watcher.close();
  }, IDENTITY_CHECK_MS);
  try {
    pending.markAll(); // what happened before the watching began is found by a listing
    if (!sameEntries(present, await identify(directories))) return;
    for await (const { paths, kind, flag } of watcher) {
      if (flag === "rescan") pending.markAll();
      for (const path of paths) {
        if (kind !== "modify" && directories.includes(path)) return;
        markPath(path, pending);
      }
    }
  } finally {
    clearInterval(check);
  }
}

/** Tells which directories are there: a directory that was made anew is not the one that is watched. */
async function identify(directories: readonly string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const path of directories) {
    try {
      const { dev, ino, birthtime } = await Deno.stat(path);
      found.set(path, `${dev}:${ino}:${birthtime?.getTime()}`);
    } catch (reason) {
      if (!(reason instanceof Deno.errors.NotFound)) throw reason;
    }
  }
  return found;
}

function sameEntries(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}

function markPath(path: string, pending: Pick<PendingChanges, "markBlob" | "markImages">): void {
  const [hex = "", algorithm = ""] = path.split("/").reverse();
  const digest = `${algorithm}:${hex}`;
  if (isDigest(digest)) pending.markBlob(digest);
  else if (hex === INDEX_FILE) pending.markImages();
}
