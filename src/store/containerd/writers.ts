/**
 * Knows which downloads still have somebody who writes them.
 *
 * Downloads in progress survive the end of containerd on disk, and look as before: but nobody goes on with one until an
 * image is pulled that needs it. Nothing in their files tells, so a download counts only when it was written to since
 * containerd was lost last.
 */
export class Writers {
  #lostMs = -Infinity;

  /** containerd was lost: it stopped, crashed, or only the connection did. */
  lost(): void {
    this.#lostMs = Date.now();
  }

  /**
   * Returns whether a download may go on.
   *
   * @param writtenMs When it was written to, in milliseconds since the epoch.
   */
  mayWrite(writtenMs: number): boolean {
    return writtenMs >= this.#lostMs;
  }
}
