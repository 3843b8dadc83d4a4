import { getLogger } from "@logtape/logtape";
import { backoff } from "../../core/backoff.ts";
import { sleep } from "../../core/deadline.ts";
import { errorMessage } from "../../core/errors.ts";
import { SECOND_MS } from "../../core/units.ts";
import { isDigest } from "../../oci/digest.ts";
import type { PendingChanges } from "../pending_changes.ts";
import type { ContainerdClient } from "./client.ts";
import { ContentEvent, type Envelope, EventsService } from "./gen/events.ts";
import { VersionService } from "./gen/version.ts";
import type { ContainerdImages } from "./images.ts";
import type { Writers } from "./writers.ts";

/** What {@linkcode followEvents} works with. */
export interface FollowEventsComponents {
  /** The connection. */
  client: ContainerdClient;
  /** Told when its list is out of date. */
  images: ContainerdImages;
  /** Told when containerd is lost. */
  writers: Pick<Writers, "lost">;
  /** Told what has to be looked at. */
  pending: Pick<PendingChanges, "markAll" | "markBlob" | "markImages">;
}

/** The pauses between attempts to subscribe: a containerd that restarts is back within seconds. */
const SUBSCRIBE_BACKOFF = { minMs: 50, maxMs: 2 * SECOND_MS };

/** A subscription that lived this long was a good one, in milliseconds: after it the pauses are short again. */
const LIVED_MS = 10 * SECOND_MS;

/** When the names are looked at once more after subscribing, in milliseconds: subscriptions are not acknowledged. */
const SECOND_LOOK_MS = SECOND_MS;

const logger = getLogger(["peili", "store", "containerd"]);

/**
 * Marks what containerd's events tell, until the signal aborts.
 *
 * Whenever a subscription begins everything is marked, as events are not repeated: so this is also what notices that
 * containerd is back.
 *
 * @param namespace The namespace whose events count.
 */
export async function followEvents(
  components: FollowEventsComponents,
  namespace: string,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  let pauses = backoff(SUBSCRIBE_BACKOFF);
  let away = false;
  while (!signal.aborted) {
    const startedMs = performance.now();
    try {
      const { version } = await components.client.call(VersionService.version, {}, { signal });
      logger.info("Following the changes of containerd {version}", { version });
      away = false;
      await followOnce(components, namespace, signal);
    } catch (reason) {
      if (signal.aborted) return;
      if (!away) logger.warn("Cannot follow containerd: {reason}", { reason: errorMessage(reason) });
      away = true;
    }
    components.writers.lost();
    components.images.expire();
    if (performance.now() - startedMs > LIVED_MS) pauses = backoff(SUBSCRIBE_BACKOFF);
    await sleep(pauses.next().value, signal).catch(() => {}); // the loop's condition sees the abort
  }
}

async function followOnce(
  { client, images, pending }: FollowEventsComponents,
  namespace: string,
  signal: AbortSignal,
): Promise<void> {
  const filters = ["images", "content"].map((kind) => `namespace=="${namespace}",topic~="^/${kind}/"`);
  const events = client.stream(EventsService.subscribe, { filters }, { signal });
  const timer = setTimeout(() => pending.markImages(), SECOND_LOOK_MS);
  try {
    pending.markAll();
    for await (const envelope of events) {
      if (envelope.namespace !== namespace) continue;
      if (envelope.topic.startsWith("/images/")) {
        images.expire();
        pending.markImages();
      } else {
        markContent(envelope, pending);
      }
    }
  } finally {
    clearTimeout(timer);
  }
}

function markContent({ event }: Envelope, pending: Pick<PendingChanges, "markAll" | "markBlob">): void {
  const { digest } = decode(event?.value) ?? { digest: "" };
  if (isDigest(digest)) pending.markBlob(digest);
  else pending.markAll();
}

function decode(payload: Uint8Array | undefined): ContentEvent | undefined {
  try {
    return ContentEvent.decode(payload ?? new Uint8Array());
  } catch {
    return undefined; // the change is found by looking
  }
}
