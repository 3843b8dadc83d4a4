import { getLogger } from "@logtape/logtape";
import { backoff } from "../core/backoff.ts";
import { sleep } from "../core/deadline.ts";
import { errorMessage } from "../core/errors.ts";
import { MINUTE_MS, SECOND_MS } from "../core/units.ts";
import type { AdvertisedCounts } from "../metrics/advertised_metrics.ts";
import type { Digest } from "../oci/digest.ts";
import type { RegistryFilter } from "../oci/filter.ts";
import { isManifestMediaType } from "../oci/media_type.ts";
import { parseReference, type Repository, type TagName } from "../oci/reference.ts";
import type { KeyAnnouncer } from "../routing/router.ts";
import type { ContentEvent, ContentWatcher } from "../store/content_store.ts";

/** What an {@linkcode Announcer} works with. */
export interface AnnouncerComponents {
  /** Tells what is there. */
  store: ContentWatcher;
  /** Announces it. */
  router: KeyAnnouncer;
  /** Decides what is mirrored. */
  filter: RegistryFilter;
}

/** What a key stands for. */
type KeyKind = "tag" | "manifest" | "blob";

/** A key that is announced. */
interface AnnouncedKey {
  kind: KeyKind;
  /** The registries that it belongs to; none when that is not known. */
  registries: readonly string[];
}

/** A store that ends its watching is watched again after these pauses: none should, so it is no hurry. */
const WATCH_BACKOFF = { minMs: SECOND_MS, maxMs: MINUTE_MS };

/** After how many changes of the store other work gets its turn: a listing tells thousands without a pause. */
const EVENTS_PER_TURN = 100;

const logger = getLogger(["peili", "announce"]);

/**
 * Keeps announced what the store holds: every blob that is present, and every tag whose manifest is.
 *
 * While there are filters, a blob is announced once one of the repositories that it belongs to passes them.
 */
export class Announcer implements AsyncDisposable {
  readonly #components: AnnouncerComponents;
  readonly #announced = new Map<Digest | TagName, AnnouncedKey>();
  /** What the router did not take, to be tried again after the next listing. */
  readonly #refused = new Map<Digest | TagName, AnnouncedKey>();
  /** What is announced but was not told yet by the watching that has begun last. */
  #untold = new Set<Digest | TagName>();
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  /** Starts to follow the store. */
  constructor(components: AnnouncerComponents) {
    this.#components = components;
    this.#running = this.#follow();
  }

  /** Counts what is announced now, for each registry. What belongs to several counts for each of them. */
  counts(): AdvertisedCounts {
    const counts: AdvertisedCounts = { imageTags: {}, imageDigests: {}, contentDigests: {} };
    for (const { kind, registries } of this.#announced.values()) {
      for (const registry of registries) {
        if (kind === "tag") increment(counts.imageTags, registry);
        else increment(counts.contentDigests, registry);
        if (kind === "manifest") increment(counts.imageDigests, registry);
      }
    }
    return counts;
  }

  /** Stops following. What was announced is the router's to withdraw. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop;
    const pauses = backoff(WATCH_BACKOFF);
    while (!signal.aborted) {
      this.#untold = new Set(this.#announced.keys());
      try {
        let events = 0;
        for await (const event of this.#components.store.watch({ signal })) {
          this.#applySafely(event);
          if (++events % EVENTS_PER_TURN === 0) await sleep(0, signal);
        }
        if (!signal.aborted) throw new Error("its watching ended");
      } catch (reason) {
        if (!signal.aborted) logger.error("Cannot follow the store: {reason}", { reason: errorMessage(reason) });
      }
      await sleep(pauses.next().value, signal).catch(() => {}); // the loop's condition sees the abort
    }
  }

  /** One event that makes no sense must not end the announcing of all others. */
  #applySafely(event: ContentEvent): void {
    try {
      this.#apply(event);
    } catch (reason) {
      logger.error("Cannot announce a change of the store: {reason}", { reason: errorMessage(reason) });
    }
  }

  #apply(event: ContentEvent): void {
    switch (event.type) {
      case "blob": {
        const { digest, mediaType, sources } = event;
        const kind = isManifestMediaType(mediaType) ? "manifest" : "blob";
        return this.#keep(digest, kind, sources);
      }
      case "tag": {
        const reference = parseReference(event.tag);
        return this.#keep(event.tag, "tag", [reference], reference.tag);
      }
      case "blob-gone":
        return this.#drop(event.digest);
      case "tag-gone":
        return this.#drop(event.tag);
      case "synced":
        return this.#tidy();
    }
  }

  #keep(key: Digest | TagName, kind: KeyKind, sources: readonly Repository[], tag?: string): void {
    const { filter } = this.#components;
    const mirrored = sources.filter((source) => filter.allows(source, tag));
    if (mirrored.length === 0 && filter.active) return this.#drop(key);
    this.#announce(key, { kind, registries: [...new Set(mirrored.map(({ registry }) => registry))] });
  }

  #announce(key: Digest | TagName, announced: AnnouncedKey): void {
    this.#untold.delete(key);
    this.#refused.delete(key);
    try {
      if (!this.#announced.has(key)) this.#components.router.announce([key]);
      this.#announced.set(key, announced);
    } catch (reason) {
      logger.error('Cannot announce "{key}": {reason}', { key, reason: errorMessage(reason) });
      this.#refused.set(key, announced);
    }
  }

  #drop(key: Digest | TagName): void {
    this.#untold.delete(key);
    this.#refused.delete(key);
    if (!this.#announced.delete(key)) return;
    try {
      this.#components.router.withdraw([key]);
    } catch (reason) {
      logger.error('Cannot withdraw "{key}": {reason}', { key, reason: errorMessage(reason) });
    }
  }

  /** After a listing: what was not told is not there, and what the router refused may go through now. */
  #tidy(): void {
    for (const key of [...this.#untold]) this.#drop(key);
    for (const [key, announced] of [...this.#refused]) this.#announce(key, announced);
    logger.debug("The store is listed: {count} keys are announced", { count: this.#announced.size });
  }
}

function increment(counts: Record<string, number>, registry: string): void {
  counts[registry] = (counts[registry] ?? 0) + 1;
}
