import { sleep } from "../../core/deadline.ts";
import { SECOND_MS } from "../../core/units.ts";
import type { ContentEvent } from "../content_store.ts";
import { PendingChanges } from "../pending_changes.ts";
import { tellChanges } from "../tell_changes.ts";
import { watchBlobs } from "../watch_blobs.ts";
import type { ContainerdClient } from "./client.ts";
import type { ContentRoot } from "./content_root.ts";
import { followEvents } from "./events.ts";
import { ContainerdListing, type ContainerdListingComponents } from "./listing.ts";
import { Rechecks } from "./rechecks.ts";
import type { Writers } from "./writers.ts";

/** What {@linkcode watchContainerd} works with. */
export interface WatchContainerdComponents extends Omit<ContainerdListingComponents, "rechecks"> {
  /** The connection. */
  client: ContainerdClient;
  /** Told when containerd is lost. */
  writers: Pick<Writers, "lost">;
}

/** How often containerd is asked where the files are until it says so, in milliseconds. */
const ROOT_RETRY_MS = SECOND_MS;

/**
 * Tells what containerd holds and every change of it, as `ContentWatcher.watch()` has to.
 *
 * Three things say that something changed: containerd's events, which tell of names, and of content from 2.1 on; the
 * directory of the blobs, which tells of content on every version, and of what garbage collection removes on any; and
 * a listing of everything once a minute. What did change is then asked of containerd.
 */
export async function* watchContainerd(
  components: WatchContainerdComponents,
  namespace: string,
  { signal }: { signal: AbortSignal },
): AsyncGenerator<ContentEvent> {
  const ended = new AbortController();
  const both = AbortSignal.any([signal, ended.signal]);
  const pending = new PendingChanges();
  using rechecks = new Rechecks((digest) => pending.markBlob(digest));
  const following = followEvents({ ...components, pending }, namespace, { signal: both });
  const watching = watchFiles(components.root, pending, both);
  const listing = new ContainerdListing({ ...components, rechecks });
  try {
    yield* tellChanges({ pending, look: (changes, options) => listing.look(changes, options) }, { signal: both });
  } finally {
    ended.abort();
    components.images.expire(); // nobody follows the changes any more
    await Promise.all([following, watching]);
  }
}

async function watchFiles(root: ContentRoot, pending: PendingChanges, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const path = await root.find({ signal }).catch(() => undefined);
    if (path !== undefined) return await watchBlobs(path, pending, { signal });
    await sleep(ROOT_RETRY_MS, signal).catch(() => {}); // the loop's condition sees the abort
  }
}
