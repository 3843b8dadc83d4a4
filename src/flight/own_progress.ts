import { SECOND_MS } from "../core/units.ts";
import type { Digest } from "../oci/digest.ts";
import { type ContentDescriber, ContentNotFoundError } from "../store/content_store.ts";
import type { IngestReader } from "../store/ingest.ts";
import { type Clock, withinMs } from "./clock.ts";
import type { ProgressState } from "./wire/flight_message.ts";

/** How far a download is. */
export interface Progress {
  /** What it does. */
  state: ProgressState;
  /** How many bytes have come. */
  offset: number;
  /** How many there will be; known once the ingest exists. */
  total: number | undefined;
}

/** What {@linkcode OwnProgress} works with. */
export interface OwnProgressComponents {
  /** The content. */
  digest: Digest;
  /** Knows the download. */
  ingests: IngestReader;
  /** Knows when it is complete. */
  store: ContentDescriber;
  /** The time. */
  clock: Clock;
}

/** How long the store is waited for, in milliseconds. */
const STORE_TIMEOUT_MS = 2 * SECOND_MS;
/** How long a store that cannot be asked is believed to go on as before, in milliseconds. */
const UNKNOWN_MAX_MS = 10 * SECOND_MS;
/** How long a download may be neither there nor complete before it is lost: a commit moves the file first. */
const BETWEEN_MS = SECOND_MS / 5;

/** Watches this node's own download of one content. */
export class OwnProgress {
  readonly #components: OwnProgressComponents;
  #progress: Progress = { state: "none", offset: 0, total: undefined };
  #movedMs: number;
  #knownMs: number;
  #absentMs: number | undefined;

  constructor(components: OwnProgressComponents) {
    this.#components = components;
    this.#movedMs = this.#knownMs = components.clock.nowMs();
  }

  /** How far it was when the store was asked last. */
  get progress(): Progress {
    return this.#progress;
  }

  /** When it last got further, in milliseconds of the clock. */
  get movedMs(): number {
    return this.#movedMs;
  }

  /** Asks the store. Never throws: a store that cannot answer leaves things as they were, for some seconds. */
  async poll(): Promise<Progress> {
    const { clock } = this.#components;
    const before = this.#progress;
    try {
      this.#progress = await withinMs(clock, STORE_TIMEOUT_MS, (signal) => this.#ask(signal));
      this.#knownMs = clock.nowMs();
    } catch {
      if (clock.nowMs() - this.#knownMs > UNKNOWN_MAX_MS) this.#progress = { ...before, state: "failed" };
    }
    if (this.#progress.offset !== before.offset || this.#progress.state !== before.state) this.#movedMs = clock.nowMs();
    return this.#progress;
  }

  async #ask(signal: AbortSignal): Promise<Progress> {
    const { digest, ingests, clock } = this.#components;
    const status = await ingests.ingest(digest, { signal });
    if (status) {
      this.#absentMs = undefined;
      return { state: status.offset > 0 ? "growing" : "queued", ...status };
    }
    const size = await this.#size(signal);
    if (size !== undefined) return { state: "done", offset: size, total: size };
    const before = this.#progress;
    if (before.state === "none" || before.state === "failed") return before;
    this.#absentMs ??= clock.nowMs();
    return clock.nowMs() - this.#absentMs < BETWEEN_MS ? before : { ...before, state: "failed" };
  }

  async #size(signal: AbortSignal): Promise<number | undefined> {
    const { digest, store } = this.#components;
    try {
      return (await store.describe(digest, { signal })).size;
    } catch (reason) {
      if (reason instanceof ContentNotFoundError) return undefined;
      throw reason;
    }
  }
}
