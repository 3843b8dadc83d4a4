import { getLogger } from "@logtape/logtape";
import { backoff } from "../core/backoff.ts";
import { sleep } from "../core/deadline.ts";
import { errorMessage } from "../core/errors.ts";
import { type ContentSnapshot, differences, EMPTY_SNAPSHOT } from "./content_snapshot.ts";
import type { ContentEvent } from "./content_store.ts";
import type { Changes, PendingChanges } from "./pending_changes.ts";

/** What {@linkcode tellChanges} works with. */
export interface TellChangesComponents {
  /** Says what has to be looked at. */
  pending: Pick<PendingChanges, "take" | "markAll">;
  /** Looks at the changes and returns what the store holds now. */
  look(changes: Changes, options: { signal: AbortSignal }): Promise<ContentSnapshot>;
}

const logger = getLogger(["peili", "store"]);

/** Looks that fail are tried again after these pauses: a backend that restarts is back within seconds. */
const LOOK_BACKOFF = { minMs: 50, maxMs: 1_000 };

/**
 * Tells what a store holds and every change of it, as `ContentWatcher.watch()` has to.
 *
 * A look that fails is logged once and repeated, over everything, until one succeeds.
 */
export async function* tellChanges(
  { pending, look }: TellChangesComponents,
  { signal }: { signal: AbortSignal },
): AsyncGenerator<ContentEvent> {
  let told = EMPTY_SNAPSHOT;
  let pauses = backoff(LOOK_BACKOFF);
  let failing = false;
  while (!signal.aborted) {
    let changes: Changes;
    let now: ContentSnapshot;
    try {
      changes = await pending.take({ signal });
      now = await look(changes, { signal });
    } catch (reason) {
      if (signal.aborted) return;
      if (!failing) logger.warn("Cannot list the store: {reason}", { reason: errorMessage(reason) });
      failing = true;
      pending.markAll();
      await sleep(pauses.next().value, signal).catch(() => {}); // the loop's condition sees the abort
      continue;
    }
    if (failing) logger.info("Listing the store works again");
    failing = false;
    pauses = backoff(LOOK_BACKOFF);
    for (const event of differences(told, now)) {
      if (signal.aborted) return;
      yield event;
    }
    told = now;
    if (changes.all) yield { type: "synced" };
  }
}
