/** What Peili should reach, as shares of nginx in the same run, CPU seconds per GiB, and MiB of resident memory. */
export const BUDGETS = {
  /** A local blob, against nginx with sendfile. */
  serve: { shareOfNginx: 0.7, cpuSecondsPerGib: 0.8 },
  /** A blob from a peer, hashed as it passes: against nginx with sendfile, and the relaying process alone. */
  relayHashed: { shareOfNginx: 0.6, cpuSecondsPerGib: 1.5 },
  /** The same, but for its first byte, so that it cannot be hashed. */
  relayUnhashed: { shareOfNginx: 0.6, cpuSecondsPerGib: 0.9 },
  /** A node that does nothing, and one that serves blobs. */
  memory: { idleMib: 100, busyMib: 128 },
} as const;
