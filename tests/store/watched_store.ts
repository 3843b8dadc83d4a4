import type { ContentEvent, ContentWatcher } from "../../src/store/content_store.ts";
import type { Digest } from "../../src/oci/digest.ts";
import { until } from "../support/until.ts";

/** What a watcher has been told, put together. Disposing of it ends the watching. */
export class WatchedStore implements AsyncDisposable {
  /** Every event, in order. */
  readonly events: ContentEvent[] = [];
  /** The blobs that are present, with their sources as `registry/repository`. */
  readonly blobs: Map<Digest, { mediaType: string; sources: string[] }> = new Map();
  /** The tags that are there. */
  readonly tags: Map<string, Digest> = new Map();
  /** How often a listing was complete. */
  synced = 0;
  /** Whether the iteration ended. */
  ended = false;
  readonly #abort = new AbortController();
  readonly #done: Promise<void>;

  /** @param store Watched from now on. */
  constructor(store: ContentWatcher) {
    this.#done = this.#consume(store);
  }

  /** Waits until what was told is as wanted. */
  async until(what: string, probe: () => boolean, timeoutMs = 10_000): Promise<void> {
    await until(what, probe, { timeoutMs, intervalMs: 5 });
  }

  /** Waits for the first complete listing. */
  async untilSynced(): Promise<void> {
    await this.until("the first listing", () => this.synced > 0);
  }

  /** Ends the watching and waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.#done;
  }

  async #consume(store: ContentWatcher): Promise<void> {
    for await (const event of store.watch({ signal: this.#abort.signal })) this.#apply(event);
    this.ended = true;
  }

  #apply(event: ContentEvent): void {
    this.events.push(event);
    if (event.type === "blob") {
      const sources = event.sources.map(({ registry, repository }) => `${registry}/${repository}`).sort();
      this.blobs.set(event.digest, { mediaType: event.mediaType, sources });
    } else if (event.type === "blob-gone") this.blobs.delete(event.digest);
    else if (event.type === "tag") this.tags.set(event.tag, event.digest);
    else if (event.type === "tag-gone") this.tags.delete(event.tag);
    else this.synced++;
  }
}
