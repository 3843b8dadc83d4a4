import { LRUCache } from "lru-cache";
import type { CallOptions } from "../../core/call_options.ts";
import { SECOND_MS } from "../../core/units.ts";
import { type Digest, isDigest } from "../../oci/digest.ts";
import type { Repository } from "../../oci/reference.ts";
import { ContentNotFoundError } from "../content_store.ts";
import type { ContainerdClient } from "./client.ts";
import { ContentService, type Info } from "./gen/content.ts";
import { labelSources } from "./label_sources.ts";

/** What containerd says of a blob in our namespace. */
export interface BlobInfo {
  /** Its size in bytes. */
  size: number;
  /** Where it was pulled from, by its labels. */
  sources: readonly Repository[];
}

/** How many blobs are remembered. */
const REMEMBERED_MAX = 10_000;

/** How long a listing of all content may take, in milliseconds. */
const LIST_TIMEOUT_MS = 30 * SECOND_MS;

/**
 * Asks containerd for blobs, and remembers what it said.
 *
 * Only containerd knows whether a blob belongs to our namespace, and whether a file that is on disk was committed. Once
 * it said so, that stays true until the blob is removed, so that the bytes can be served while containerd restarts.
 */
export class BlobInfos {
  readonly #client: ContainerdClient;
  readonly #known = new LRUCache<Digest, BlobInfo>({ max: REMEMBERED_MAX });

  /** @param client Asked about blobs. */
  constructor(client: ContainerdClient) {
    this.#client = client;
  }

  /** Returns what containerd last said, if it is remembered. */
  known(digest: Digest): BlobInfo | undefined {
    return this.#known.get(digest);
  }

  /**
   * Asks containerd.
   *
   * @throws {ContentNotFoundError} If the blob is not in our namespace.
   * @throws {StoreUnavailableError} If containerd does not answer.
   */
  async ask(digest: Digest, options: CallOptions = {}): Promise<BlobInfo> {
    try {
      const { info } = await this.#client.call(ContentService.info, { digest }, { ...options, subject: digest });
      if (!info) throw new ContentNotFoundError(digest);
      return this.#remember(digest, info);
    } catch (reason) {
      if (reason instanceof ContentNotFoundError) this.#known.delete(digest);
      throw reason;
    }
  }

  /**
   * Lists all blobs of our namespace.
   *
   * @throws {StoreUnavailableError} If containerd does not answer.
   */
  async list(options: CallOptions = {}): Promise<Map<Digest, BlobInfo>> {
    const found = new Map<Digest, BlobInfo>();
    const answers = this.#client.stream(ContentService.list, { filters: [] }, {
      ...options,
      timeoutMs: LIST_TIMEOUT_MS,
    });
    for await (const { info } of answers) {
      for (const one of info) {
        if (isDigest(one.digest)) found.set(one.digest, this.#remember(one.digest, one));
      }
    }
    for (const digest of [...this.#known.keys()]) {
      if (!found.has(digest)) this.#known.delete(digest);
    }
    return found;
  }

  #remember(digest: Digest, { size, labels }: Info): BlobInfo {
    const info = { size, sources: labelSources(labels) };
    this.#known.set(digest, info);
    return info;
  }
}
