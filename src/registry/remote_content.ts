import { MIB } from "../core/units.ts";
import { type ByteRange, parseByteRange } from "../http/byte_range.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { DistributionError } from "../oci/distribution_error.ts";
import { MEDIA_TYPE } from "../oci/media_type.ts";
import type { DescriptorCache } from "../transfer/descriptor_cache.ts";
import type { ExhaustedContent } from "../transfer/exhausted.ts";
import type { BlobPath, BlobRelay } from "../transfer/relay_blob.ts";
import type { ManifestRelay } from "../transfer/relay_manifest.ts";
import { contentResponse } from "./content_response.ts";
import { ParallelFetch } from "./parallel_fetch.ts";
import type { PullRequest } from "./pull_request.ts";

/** How far into a blob a parallel containerd may resume and still be given all of it, in bytes: it skips what it has. */
const SKIPPED_MAX_BYTES = MIB;

/** What {@linkcode RemoteContent} works with. */
export interface RemoteContentComponents {
  /** Gets manifests from peers. */
  manifests: ManifestRelay;
  /** Streams blobs from peers. */
  blobs: BlobRelay;
  /** Knows the sizes that manifests told. */
  descriptors: DescriptorCache;
  /** Knows which bodies ended early a moment ago. */
  exhausted: ExhaustedContent;
  /** Counts bytes. */
  metrics: Metrics;
}

/** Answers from other nodes. */
export class RemoteContent {
  readonly #components: RemoteContentComponents;
  readonly #parallel = new ParallelFetch();

  constructor(components: RemoteContentComponents) {
    this.#components = components;
  }

  /** Takes note of every pull of a client, also of those that are answered from the local store. */
  notice(pull: PullRequest): void {
    this.#parallel.notice(pull);
  }

  /**
   * Answers a pull.
   *
   * @throws {CandidatesExhaustedError} If no peer could answer.
   * @throws {DistributionError} If the answer must come from upstream.
   * @throws {RangeNotSatisfiableError} If the range is none of the content.
   */
  async respond(pull: PullRequest): Promise<Response> {
    if (pull.path.kind === "manifests") return await this.#manifest(pull);
    return await this.#blob(pull, pull.path as BlobPath); // a blob is always named by digest
  }

  async #manifest({ path, head, range, signal }: PullRequest): Promise<Response> {
    const { bytes, digest, mediaType } = await this.#components.manifests.get(path, { signal });
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

  async #blob({ head, range, signal }: PullRequest, path: BlobPath): Promise<Response> {
    const { blobs, descriptors, exhausted } = this.#components;
    if (exhausted.has(path.digest)) {
      throw new DistributionError("BLOB_UNKNOWN", `Cannot give "${path.digest}": peers could not give all of it`);
    }
    const known = head ? undefined : descriptors.size(path.digest);
    const size = known ?? await blobs.size(path, { signal });
    return await contentResponse({
      path,
      content: { digest: path.digest, mediaType: MEDIA_TYPE.octetStream, size },
      head,
      range: this.#rangeOf(range, size),
      open: (part) => {
        const { start, end } = part ?? { start: 0, end: size - 1 };
        return blobs.open(path, { start, end, size }, { signal });
      },
    });
  }

  /**
   * Chooses between all of the blob and a part of it: a client that fetches in parallel gets no part, as the blob may
   * break off; given all of it, it reads one stream, which it can resume.
   */
  #rangeOf(header: string | null, size: number): ByteRange | undefined {
    const range = parseByteRange(header, size);
    if (!range || (range.start === 0 && range.end === size - 1)) return undefined;
    if (!this.#parallel.on || range.end !== size - 1) return range;
    if (range.start <= SKIPPED_MAX_BYTES) return undefined;
    throw new DistributionError("BLOB_UNKNOWN", "Cannot resume in the middle for a client that fetches in parallel");
  }
}
