import { sleep } from "../core/deadline.ts";
import { parseByteRange } from "../http/byte_range.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Digest } from "../oci/digest.ts";
import { MEDIA_TYPE } from "../oci/media_type.ts";
import { ContentNotFoundError } from "../store/content_store.ts";
import type { IngestReader } from "../store/ingest.ts";
import type { AskedContent } from "./asked_content.ts";
import { contentResponse } from "./content_response.ts";
import type { PullRequest } from "./pull_request.ts";

/** How often content is looked for that is on its way: it is nowhere for a moment when a download becomes a blob. */
const LOOKS = 8;
/** The pause between two looks, in milliseconds. */
const LOOK_AGAIN_MS = 100;

/** What {@linkcode GrowingContent} works with. */
export interface GrowingContentComponents {
  /** Where downloads in progress are. */
  store: IngestReader;
  /** Knows under which repository something is on its way. */
  asked: AskedContent;
  /** Tells whether what has come of a blob may be passed on: not what could not be checked. */
  isShared(digest: Digest): boolean;
  /** Counts bytes. */
  metrics: Metrics;
}

/** Answers members of a flight with a blob that is still being downloaded. */
export class GrowingContent {
  readonly #components: GrowingContentComponents;

  constructor(components: GrowingContentComponents) {
    this.#components = components;
  }

  /**
   * Answers a member of a flight: with the complete blob as soon as there is one, else with the growing one.
   *
   * @param complete Answers from what is complete.
   * @throws {ContentNotFoundError} If the blob is not on its way here under that repository.
   * @throws {RangeNotSatisfiableError} If the range is none of the blob.
   */
  async respond(pull: PullRequest, complete: () => Promise<Response>): Promise<Response> {
    for (let look = 1;; look++) {
      try {
        return await complete();
      } catch (reason) {
        if (!(reason instanceof ContentNotFoundError)) throw reason;
      }
      try {
        return await this.#growing(pull);
      } catch (reason) {
        if (!(reason instanceof ContentNotFoundError) || look >= LOOKS || !this.#isExpected(pull.path)) throw reason;
      }
      await sleep(LOOK_AGAIN_MS, pull.signal);
    }
  }

  async #growing({ path, head, range, signal }: PullRequest): Promise<Response> {
    const { store, isShared, metrics } = this.#components;
    const { digest } = path;
    if (!digest || path.kind !== "blobs" || head) throw new ContentNotFoundError(digest ?? path.tag ?? "");
    if (!this.#isExpected(path) || !isShared(digest)) throw new ContentNotFoundError(digest);
    const size = await this.#size(digest, signal);
    return await contentResponse({
      path,
      content: { digest, mediaType: MEDIA_TYPE.octetStream, size },
      head,
      range: parseByteRange(range, size),
      open: async (part) => {
        if (part && part.end < size - 1) throw new ContentNotFoundError(digest); // nobody who follows asks for less
        const onBytes = (bytes: number) => metrics.uploadedBytes.inc(bytes);
        return (await store.tail(digest, { offset: part?.start ?? 0, signal, onBytes })).body;
      },
    });
  }

  async #size(digest: Digest, signal: AbortSignal): Promise<number> {
    const status = await this.#components.store.ingest(digest, { signal });
    if (status?.total === undefined) throw new ContentNotFoundError(digest);
    return status.total;
  }

  /** The store does not know yet where it belongs: who asked for it here has said so. */
  #isExpected(path: PullRequest["path"]): boolean {
    return path.digest !== undefined && this.#components.asked.has(path, path.digest);
  }
}
