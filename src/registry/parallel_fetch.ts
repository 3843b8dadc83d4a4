import type { PullRequest } from "./pull_request.ts";

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
}
