import type { Written, WrittenRecord } from "./record.ts";
import { type Entry, identify, readSmallText } from "./entry.ts";
import { HOSTS_TOML } from "./layout.ts";
import { isSpegelHosts, isSpegelMerge } from "./spegel_hosts.ts";

/** Tells what a mirror wrote from what others did. */
export interface Ownership {
  /**
   * Returns whether an entry was written by a mirror and is still as it was.
   *
   * @param path Its path below the directory.
   * @param saved What the backup has at the same path.
   */
  owns(path: string, live: Entry, saved?: Entry): Promise<boolean>;
  /** Returns whether anything at the path or below it may have been written by a mirror. */
  mayOwn(path: string): boolean;
  /** Returns what a mirror wrote at the path, where that is known. */
  written(path: string): Written | undefined;
}

/** Before the first run: everything is somebody else's. */
export const OWNS_NOTHING: Ownership = {
  owns: () => Promise.resolve(false),
  mayOwn: () => false,
  written: () => undefined,
};

/** What the record says, to the byte. */
export function recordedOwnership(record: WrittenRecord): Ownership {
  const parents = new Set<string>();
  for (const path of record.keys()) {
    for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) parents.add(path.slice(0, end));
  }
  return {
    async owns(path, live) {
      return record.get(path)?.identities.includes(await identify(live)) ?? false;
    },
    mayOwn: (path) => parents.has(path),
    written: (path) => record.get(path),
  };
}

/**
 * For a directory with a backup and no record, as Spegel leaves it: files that look exactly as Spegel writes them, and
 * copies of what the backup has.
 */
export const SPEGEL_OWNERSHIP: Ownership = {
  async owns(path, live, saved) {
    if (saved && saved.kind === live.kind && await identify(saved) === await identify(live)) return true;
    const parts = path.split("/");
    if (parts.length !== 2 || parts[1] !== HOSTS_TOML) return false;
    const text = await readSmallText(live);
    if (text === undefined) return false;
    const savedText = saved && await readSmallText(saved);
    return isSpegelHosts(text) || (savedText !== undefined && isSpegelMerge(text, savedText));
  },
  mayOwn: (path) => !path.includes("/"),
  written: () => undefined,
};
