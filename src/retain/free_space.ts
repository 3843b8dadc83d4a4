import { statfs } from "node:fs/promises";

/** How much of a file system is left. */
export interface FreeSpace {
  /** What is free for users, in bytes. */
  availableBytes: number;
  /** How large the file system is, in bytes. */
  totalBytes: number;
}

/**
 * Looks how much is left of the file system that a directory is on. It is what `df` says, and what a kubelet goes by.
 *
 * @throws the error of the system.
 */
export async function freeSpace(path: string): Promise<FreeSpace> {
  const { bavail, blocks, bsize } = await statfs(path);
  return { availableBytes: bavail * bsize, totalBytes: blocks * bsize };
}
