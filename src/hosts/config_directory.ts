import { join } from "node:path";
import { errorMessage, isAbort } from "../core/errors.ts";
import type { CallOptions } from "../core/call_options.ts";
import { lockDirectory } from "./config_lock.ts";
import { type Entry, findEntry, listNames } from "./entry.ts";
import { BACKUP_NAME, type Layout, layoutOf, OWN_NAME } from "./layout.ts";
import { type Ownership, OWNS_NOTHING, recordedOwnership, SPEGEL_OWNERSHIP } from "./ownership.ts";
import { readRecord, type WrittenRecord } from "./record.ts";

/**
 * How far the backup is.
 *
 * - `none`: nothing was backed up; all that stands there is somebody else's.
 * - `partial`: a run is bringing things to the backup, or back from it, or was interrupted while it did.
 * - `complete`: all that stood there before is in the backup.
 */
export type BackupPhase = "none" | "partial" | "complete";

/** The directory that containerd reads registries from, as a run finds it. */
export interface ConfigDirectory {
  /** Where things are. */
  layout: Layout;
  /** How far the backup is. */
  phase: BackupPhase;
  /** The file system that it is on. */
  dev: number;
  /** What stands there, without the backup and our own directory. */
  names: string[];
  /** What was written by earlier runs of Peili. */
  record?: WrittenRecord;
  /** Tells what earlier runs wrote from everything else. */
  ownership: Ownership;
}

/**
 * Reads a directory and keeps other runs away from it for as long as `use` runs.
 *
 * @param action What is being done, for the error: `configure mirrors`.
 * @throws {Error} One line that names the directory, whatever goes wrong.
 */
export async function withConfigDirectory<T>(
  path: string,
  action: string,
  use: (directory: ConfigDirectory) => Promise<T>,
  options: CallOptions = {},
): Promise<T> {
  try {
    const root = await Deno.realPath(path);
    using _lock = await lockDirectory(root, options);
    return await use(await readDirectory(layoutOf(root)));
  } catch (reason) {
    if (isAbort(reason) || options.signal?.aborted) throw reason;
    throw new Error(`Cannot ${action} in "${path}": ${errorMessage(reason)}`, { cause: reason });
  }
}

async function readDirectory(layout: Layout): Promise<ConfigDirectory> {
  const root = await findEntry(layout.root);
  if (!root) throw new Error("there is no such directory");
  const backup = await backupEntry(layout.backup, root);
  const partial = await backupEntry(layout.partial, root);
  if (backup && partial && (await listNames(partial.path)).length > 0) {
    throw new Error(`both "${backup.path}" and "${partial.path}" hold what stood there before; merge them by hand`);
  }
  if (backup && await findEntry(join(backup.path, OWN_NAME))) {
    throw new Error(`"${join(backup.path, OWN_NAME)}" is of a run that was cut off; bring what is in it back by hand`);
  }
  const record = await readRecord(layout.record);
  return {
    layout,
    phase: backup ? "complete" : partial ? "partial" : "none",
    dev: root.dev,
    names: (await listNames(layout.root)).filter((name) => name !== BACKUP_NAME && name !== OWN_NAME),
    ...(record ? { record } : {}),
    ownership: record ? recordedOwnership(record) : backup ? SPEGEL_OWNERSHIP : OWNS_NOTHING,
  };
}

async function backupEntry(path: string, root: Entry): Promise<Entry | undefined> {
  const entry = await findEntry(path);
  if (entry && entry.kind !== "directory") throw new Error(`"${path}" is no directory`);
  if (entry && entry.dev !== root.dev) throw new Error(`"${path}" is on another file system`);
  return entry;
}
