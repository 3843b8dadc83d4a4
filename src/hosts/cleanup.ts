import { join } from "node:path";
import type { CallOptions } from "../core/call_options.ts";
import { type Absorbed, Absorber } from "./absorb.ts";
import { recordDuring } from "./build_record.ts";
import { type ConfigDirectory, withConfigDirectory } from "./config_directory.ts";
import { type Disk, systemDisk } from "./disk.ts";
import { findEntry, listNames } from "./entry.ts";
import { BACKUP_MODE } from "./layout.ts";
import { emptyDirectory } from "./new_node.ts";
import { Plan } from "./plan.ts";

/** What {@linkcode cleanup} is to clean. */
export interface CleanupOptions extends CallOptions {
  /** The directory that containerd reads registries from. */
  registryConfigPath: string;
  /** How files are changed. @default {systemDisk} */
  disk?: Disk;
}

/** What {@linkcode cleanup} did. */
export interface CleanupResult {
  /** Whether anything was changed. */
  changed: boolean;
  /** The names in the directory that were brought back from the backup. */
  restored: string[];
  /** Paths of versions that are kept beside others, as somebody changed the same thing again. */
  setAside: string[];
}

/**
 * Takes away what {@linkcode configure}, or Spegel, wrote and brings back what stood there before.
 *
 * What others put in place since stays. Without a backup there is nothing to do. A run that was cut off at any point is
 * completed by the next one.
 *
 * @throws {Error} If the directory cannot be read or changed, on one line; nothing is lost then.
 */
export async function cleanup(options: CleanupOptions): Promise<CleanupResult> {
  const { registryConfigPath, signal, disk = systemDisk } = options;
  if (!await findEntry(registryConfigPath)) return { changed: false, restored: [], setAside: [] };
  return await withConfigDirectory(
    registryConfigPath,
    "clean up mirrors",
    (directory) => restore(directory, { disk, signal }),
    { signal },
  );
}

async function restore(
  directory: ConfigDirectory,
  { disk, signal }: { disk: Disk; signal?: AbortSignal },
): Promise<CleanupResult> {
  const { layout, phase, record } = directory;
  if (phase === "none" && !record) {
    const changed = (await findEntry(layout.own))?.kind === "directory";
    if (changed) await disk.remove(layout.own); // staging alone, of a run that came no further
    return { changed, restored: [], setAside: [] };
  }
  const plan = new Plan(layout);
  const backup = phase === "partial" ? layout.partial : layout.backup;
  const absorber = new Absorber({ ...directory, plan, backup, partial: phase === "partial" });
  const absorbed = await absorber.absorbAll(directory.names);
  const saved = await listNames(backup);
  if (phase === "none") plan.rename(plan.stage(emptyDirectory(BACKUP_MODE)), layout.backup);
  if (!record) plan.writeRecord(await recordDuring(layout.root, absorbed));
  const brought = addFirstSteps(plan, directory, absorbed, new Set([...saved, ...absorber.setAside.filter(isTop)]));
  for (const name of brought) {
    const path = join(layout.root, name);
    if (absorbed.get(name)?.kept) plan.rename(path, plan.trash());
    plan.rename(join(layout.partial, name), path);
  }
  plan.rename(layout.record, plan.trash());
  await plan.carryOut(disk, { signal });
  await disk.removeDirectory(layout.partial);
  await disk.remove(layout.own);
  await disk.sync(layout.root);
  return { changed: true, restored: brought, setAside: absorber.setAside };
}

/**
 * Adds the steps up to the one that makes the backup partial: from then on, whatever that has no counterpart of counts
 * as somebody else's.
 *
 * @param saved The names that the backup has.
 * @returns The names that it has then.
 */
function addFirstSteps(
  plan: Plan,
  { layout, phase }: ConfigDirectory,
  absorbed: ReadonlyMap<string, Absorbed>,
  saved: ReadonlySet<string>,
): string[] {
  const brought = new Set(saved);
  for (const [name, { renames, kept }] of absorbed) {
    if (!saved.has(name) && !kept) continue; // somebody else's, and where it belongs
    plan.renames.push(...renames);
    if (renames.length > 0) brought.add(name);
    else if (kept && !saved.has(name)) plan.rename(join(layout.root, name), plan.trash());
  }
  if (phase !== "partial") plan.rename(layout.backup, layout.partial);
  return [...brought];
}

function isTop(path: string): boolean {
  return !path.includes("/");
}
