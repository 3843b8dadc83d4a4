import { parseByteRange } from "../http/byte_range.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { DistributionError } from "../oci/distribution_error.ts";
import { MEDIA_TYPE } from "../oci/media_type.ts";
import type { Provider } from "../routing/router.ts";
import type { Redirects } from "../transfer/redirects.ts";
import type { ExhaustedContent } from "../transfer/exhausted.ts";
import type { BlobPath } from "../transfer/blob_path.ts";
import type { BlobRelay } from "../transfer/relay_blob.ts";
import type { ManifestRelay } from "../transfer/relay_manifest.ts";
import type { BlobSizes } from "./blob_sizes.ts";
import { contentResponse } from "./content_response.ts";
import type { ParallelFetch } from "./parallel_fetch.ts";
import type { PullRequest } from "./pull_request.ts";

/** What {@linkcode RemoteContent} works with. */
export interface RemoteContentComponents {
  /** Gets manifests from peers. */
  manifests: ManifestRelay;
  /** Streams blobs from peers. */
  blobs: BlobRelay;
  /** Knows how large blobs are. */
  sizes: BlobSizes;
  /** Knows which bodies ended early a moment ago. */
  exhausted: ExhaustedContent;
  /** Chooses between all of a blob and a part of it. */
  parallel: ParallelFetch;
  /** Sends clients to other nodes, where that is wanted. */
  redirects?: Redirects;
  /** Counts bytes. */
  metrics: Metrics;
}

/** Where {@linkcode RemoteContent} looks. */
export interface RemoteContentOptions {
  /** Who has it: asked before anybody is looked for. @default nobody is known to */
  from?: readonly Provider[];
  /** Whether those are still getting it. @default {false} */
  flight?: boolean;
}

/** Answers from other nodes. */
export class RemoteContent {
  readonly #components: RemoteContentComponents;

  constructor(components: RemoteContentComponents) {
    this.#components = components;
  }

  /**
   * Answers a pull.
   *
   * @throws {CandidatesExhaustedError} If no peer could answer.
   * @throws {DistributionError} If the answer must come from upstream.
   * @throws {RangeNotSatisfiableError} If the range is none of the content.
   */
  async respond(pull: PullRequest, options: RemoteContentOptions = {}): Promise<Response> {
    if (pull.path.kind === "manifests") return await this.#manifest(pull, options);
    return await this.#blob(pull, pull.path as BlobPath, options); // a blob is always named by digest
  }

  async #manifest({ path, head, range, signal }: PullRequest, options: RemoteContentOptions): Promise<Response> {
    const { bytes, digest, mediaType } = await this.#components.manifests.get(path, { ...options, signal });
    return await contentResponse({
      path,
      content: { digest, mediaType, size: bytes.length },
      head,
      range: parseByteRange(range, bytes.length),
      open: (part) => {
        const sent = part ? bytes.subarray(part.start, part.end + 1) : bytes;
        this.#components.metrics.bytes.inc({ source: "peer" }, sent.length);
        return sent;
      },
    });
  }

  /** Sends a client to the peer that has all of the blob, if it can be sent and wants all of it. */
  async #redirect(
    { redirectable, range, signal }: PullRequest,
    path: BlobPath,
    { size, from }: { size: number; from: readonly Provider[] | undefined },
  ): Promise<Response | undefined> {
    const { redirects, parallel } = this.#components;
    if (!redirects?.suits(path.digest, size) || !redirectable || range !== null || parallel.on) return undefined;
    const location = await redirects.locate(path, size, { from, signal });
    return new Response(null, {
      status: 307,
      headers: { location: String(location), "content-length": "0", "docker-content-digest": path.digest },
    });
  }

  async #blob(pull: PullRequest, path: BlobPath, { from }: RemoteContentOptions): Promise<Response> {
    const { head, range, signal } = pull;
    const { blobs, sizes, exhausted, parallel } = this.#components;
    if (exhausted.has(path.digest)) {
      throw new DistributionError("BLOB_UNKNOWN", `Cannot give "${path.digest}": peers could not give all of it`);
    }
    const known = head ? undefined : await sizes.of(path.digest, { signal });
    const elsewhere = known === undefined ? undefined : await this.#redirect(pull, path, { size: known, from });
    if (elsewhere) return elsewhere;
    const size = known ?? await blobs.size(path, { from, signal });
    return await contentResponse({
      path,
      content: { digest: path.digest, mediaType: MEDIA_TYPE.octetStream, size },
      head,
      range: parallel.rangeOf(range, size),
      open: (part) => {
        const { start, end } = part ?? { start: 0, end: size - 1 };
        return blobs.open(path, { start, end, size }, { from, signal });
      },
    });
  }
}
