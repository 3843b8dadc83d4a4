import { deadline } from "../core/deadline.ts";
import { SECOND_MS } from "../core/units.ts";
import { parseByteRange } from "../http/byte_range.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Digest } from "../oci/digest.ts";
import { contentKey, type DistributionPath } from "../oci/distribution_path.ts";
import { isManifestMediaType } from "../oci/media_type.ts";
import { sameRepository } from "../oci/reference.ts";
import {
  type ContentDescriber,
  ContentNotFoundError,
  type ContentOpener,
  type SourceLister,
  type TagResolver,
} from "../store/content_store.ts";
import { readBounded } from "../http/read_bounded.ts";
import { MANIFEST_MAX_BYTES } from "../core/limits.ts";
import type { DescriptorCache } from "../transfer/descriptor_cache.ts";
import type { AskedContent } from "./asked_content.ts";
import { contentResponse } from "./content_response.ts";
import type { PullRequest } from "./pull_request.ts";

/** How long the local store may take to find something, in milliseconds: beyond it, the content counts as absent. */
const STORE_TIMEOUT_MS = 2 * SECOND_MS;

/** What {@linkcode LocalContent} works with. */
export interface LocalContentComponents {
  /** Where the content is. */
  store: ContentDescriber & ContentOpener & TagResolver & SourceLister;
  /** Learns the sizes of what served manifests refer to. */
  descriptors: DescriptorCache;
  /** Knows what was on its way a moment ago, where the store may not know yet where it belongs. */
  asked: AskedContent;
  /** Counts bytes. */
  metrics: Metrics;
}

/** How {@linkcode LocalContent} decides. */
export interface LocalContentOptions {
  /** Whether a digest is served only under a repository that it belongs to. @default {true} */
  matchRepository?: boolean;
}

/** Answers from the local store. */
export class LocalContent {
  readonly #components: LocalContentComponents;
  readonly #matchRepository: boolean;

  constructor(components: LocalContentComponents, options: LocalContentOptions = {}) {
    this.#components = components;
    this.#matchRepository = options.matchRepository ?? true;
  }

  /**
   * Answers a pull.
   *
   * @param to Whom the bytes are for, which is how they are counted.
   * @throws {ContentNotFoundError} If the store does not hold what was asked for, as such an object of that repository.
   * @throws {RangeNotSatisfiableError} If the range is none of the content.
   */
  async respond({ path, head, range, signal }: PullRequest, to: "client" | "peer"): Promise<Response> {
    const { store, metrics } = this.#components;
    const bounded = { signal: deadline(STORE_TIMEOUT_MS, signal) };
    const digest = path.digest ?? await store.resolve(contentKey(path), bounded);
    const content = await store.describe(digest, bounded);
    if (isManifestMediaType(content.mediaType) !== (path.kind === "manifests")) throw new ContentNotFoundError(digest);
    if (path.digest) await this.#checkRepository(path, digest, bounded.signal);
    if (path.kind === "manifests") await this.#learn(digest, bounded.signal);
    const count = to === "client" ? metrics.bytes.labels("local") : metrics.uploadedBytes;
    return await contentResponse({
      path,
      content,
      head,
      range: parseByteRange(range, content.size),
      open: (part) =>
        store.open(digest, {
          signal,
          onBytes: (bytes) => count.inc(bytes),
          ...(part ? { offset: part.start, length: part.end - part.start + 1 } : {}),
        }),
    });
  }

  /** Without this, a digest could be had under a repository whose name alone the asker is allowed to know. */
  async #checkRepository(path: DistributionPath, digest: Digest, signal: AbortSignal): Promise<void> {
    if (!this.#matchRepository || this.#components.asked.has(path, digest)) return;
    const sources = await this.#components.store.sources(digest, { signal });
    if (!sources.some((source) => sameRepository(source, path))) throw new ContentNotFoundError(digest);
  }

  /** The layers of a manifest that is asked for may have to come from peers: remember their sizes. */
  async #learn(digest: Digest, signal: AbortSignal): Promise<void> {
    const { store, descriptors } = this.#components;
    if (descriptors.knows(digest)) return;
    descriptors.learn(digest, await readBounded(await store.open(digest, { signal }), MANIFEST_MAX_BYTES));
  }
}
