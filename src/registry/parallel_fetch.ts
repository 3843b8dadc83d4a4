import { MIB } from "../core/units.ts";
import { type ByteRange, parseByteRange } from "../http/byte_range.ts";
import { DistributionError } from "../oci/distribution_error.ts";
import type { PullRequest } from "./pull_request.ts";

/** How far into a blob a parallel containerd may resume and still be given all of it, in bytes: it skips what it has. */
const SKIPPED_MAX_BYTES = MIB;

/**
 * Notices whether the local containerd fetches blobs in parallel ranges (2.1 and newer, off by default).
 *
 * Such a containerd asks for manifests with `Range: bytes=0-` too, which nothing else does. It matters because it
 * fails the whole pull when one of its later chunks is answered with an error, so that a blob which may still break
 * off must never be given to it as partial content.
 */
export class ParallelFetch {
  #on = false;

  /** Whether the latest manifest was asked for by a containerd that fetches in parallel. */
  get on(): boolean {
    return this.#on;
  }

  /** Takes note of a request. */
  notice({ path, head, range }: PullRequest): void {
    if (path.kind === "manifests" && !head) this.#on = range !== null;
  }

  /**
   * Chooses between all of a blob and a part of it: a client that fetches in parallel gets no part, as the blob may
   * break off; given all of it, it reads one stream, which it can resume.
   *
   * @throws {RangeNotSatisfiableError} If the range is none of the blob.
   * @throws {DistributionError} If the client can be given neither.
   */
  rangeOf(header: string | null, size: number): ByteRange | undefined {
    const range = parseByteRange(header, size);
    if (!range || (range.start === 0 && range.end === size - 1)) return undefined;
    if (!this.#on || range.end !== size - 1) return range;
    if (range.start <= SKIPPED_MAX_BYTES) return undefined;
    throw new DistributionError("BLOB_UNKNOWN", "Cannot resume in the middle for a client that fetches in parallel");
  }
}
