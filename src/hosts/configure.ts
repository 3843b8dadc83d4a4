import { join } from "node:path";
import type { CallOptions } from "../core/call_options.ts";
import { errorMessage } from "../core/errors.ts";
import type { BasicAuth } from "../http/basic_auth.ts";
import { EVERY_REGISTRY, type MirroredRegistry, parseMirroredRegistries } from "../oci/mirrored_registries.ts";
import { type Absorbed, Absorber, type Moved } from "./absorb.ts";
import { recordDuring, recordOf } from "./build_record.ts";
import { type ConfigDirectory, withConfigDirectory } from "./config_directory.ts";
import { type Disk, systemDisk } from "./disk.ts";
import { findEntry, listNames } from "./entry.ts";
import { type DesiredTree, freshTree } from "./fresh_tree.ts";
import type { MirrorOptions } from "./hosts_text.ts";
import { BACKUP_MODE, type Layout } from "./layout.ts";
import { parseMirrorTargets } from "./mirror_targets.ts";
import { emptyDirectory } from "./new_node.ts";
import { Plan, type Rename } from "./plan.ts";
import { prependedTree } from "./prepended_tree.ts";
import { reconcile } from "./reconcile.ts";
import { sameRecord } from "./record.ts";
import { isRegistryDirectory } from "./registry_directory.ts";
import { UserTree } from "./user_tree.ts";
import { isVersion } from "./versions.ts";

/** What {@linkcode configure} is to write, and where. */
export interface ConfigureOptions extends CallOptions {
  /** The directory that containerd reads registries from; made if it is not there. */
  registryConfigPath: string;
  /** URLs such as `https://docker.io`, or `_default` or `*`; an empty list mirrors every registry. @default {[]} */
  mirroredRegistries?: readonly string[];
  /** The URLs at which containerd finds mirrors, in the order in which it is to ask them. */
  mirrorTargets: readonly string[];
  /** Whether tags may be resolved by the mirrors. @default {true} */
  resolveTags?: boolean;
  /** Whether what stood there before stays in effect behind the mirrors. @default {false} */
  prependExisting?: boolean;
  /** Sent to the mirrors with every request. */
  basicAuth?: BasicAuth;
  /** How files are changed. @default {systemDisk} */
  disk?: Disk;
}

/** What {@linkcode configure} did. */
export interface ConfigureResult {
  /** Whether anything was changed. */
  changed: boolean;
  /** The directories that send containerd to the mirrors, such as `docker.io` or `_default`. */
  configured: string[];
  /** What this run brought to the backup, by path below the directory. */
  backedUp: string[];
  /** Directories of registries that are in the backup and without effect, for want of `prependExisting`. */
  hidden: string[];
  /** Paths in the backup of versions that are kept beside others, as somebody changed the same thing again. */
  setAside: string[];
  /** One line each for what stays as it was, without a mirror. */
  warnings: string[];
}

/**
 * Makes containerd ask mirrors first.
 *
 * Writes `hosts.toml` files as Spegel does and brings what stood in the directory before to `_backup` in it, with every
 * byte, permission, owner and link as it was. Later runs bring there what others put in place since. What runs wrote
 * is remembered in `.peili`, so that nothing else is ever taken for it. A run that finds everything right changes
 * nothing. A run that was cut off at any point is completed by the next one.
 *
 * @throws {SyntaxError} If a registry or a target is malformed.
 * @throws {Error} If the directory cannot be read or changed, on one line; nothing is lost then.
 */
export async function configure(options: ConfigureOptions): Promise<ConfigureResult> {
  const { registryConfigPath, resolveTags = true, prependExisting = false, basicAuth, signal } = options;
  const { disk = systemDisk } = options;
  const registries = parseMirroredRegistries(options.mirroredRegistries ?? []);
  const targets = parseMirrorTargets(options.mirrorTargets);
  const mirrors: MirrorOptions = { targets, resolveTags, ...(basicAuth ? { basicAuth } : {}) };
  await makeDirectory(registryConfigPath);
  return await withConfigDirectory(
    registryConfigPath,
    "configure mirrors",
    (directory) =>
      write(directory, { registries, mirrors, prependExisting, givenPath: registryConfigPath, disk, signal }),
    { signal },
  );
}

interface Request extends CallOptions {
  registries: readonly MirroredRegistry[];
  mirrors: MirrorOptions;
  prependExisting: boolean;
  givenPath: string;
  disk: Disk;
}

async function write(directory: ConfigDirectory, request: Request): Promise<ConfigureResult> {
  const { layout, phase, record } = directory;
  const { disk, signal } = request;
  const plan = new Plan(layout);
  const backup = phase === "complete" ? layout.backup : layout.partial;
  const absorber = new Absorber({ ...directory, plan, backup, partial: phase === "partial" });
  const absorbed = await absorber.absorbAll(directory.names);
  const tree = await desiredTree(layout, backup, absorber.moved, request);

  const steps = await stepsByName(plan, directory, absorbed, tree);
  const after = await recordOf(tree.nodes);
  const changed = phase !== "complete" || steps.size > 0 || !record || !sameRecord(record, after);
  if (changed) {
    if (phase === "none") plan.rename(plan.stage(emptyDirectory(BACKUP_MODE)), layout.partial);
    plan.writeRecord(await recordDuring(layout.root, absorbed, record, after));
    addSteps(plan, directory, absorbed, steps);
    plan.writeRecord(after);
    await plan.carryOut(disk, { signal });
  } else if (await findEntry(layout.staging)) {
    await disk.remove(layout.staging); // of a run that came no further
  }
  return {
    changed,
    configured: tree.configured,
    backedUp: absorber.moved.filter(({ shallow }) => !shallow).map(({ path }) => path),
    hidden: request.prependExisting ? [] : await savedRegistries(layout),
    setAside: absorber.setAside,
    warnings: tree.warnings,
  };
}

async function desiredTree(
  layout: Layout,
  backup: string,
  moved: readonly Moved[],
  { registries, mirrors, prependExisting, givenPath }: Request,
): Promise<DesiredTree> {
  if (!prependExisting) return freshTree(registries, mirrors);
  return await prependedTree(await UserTree.load(layout, backup, moved, givenPath), registries, mirrors);
}

/** Returns the steps of each name for which there are any, in an order in which a name is gone for two of them at most. */
async function stepsByName(
  plan: Plan,
  { layout, names }: ConfigDirectory,
  absorbed: ReadonlyMap<string, Absorbed>,
  { nodes }: DesiredTree,
): Promise<Map<string, Rename[]>> {
  const steps = new Map<string, Rename[]>();
  for (const name of new Set([...names, ...nodes.keys()])) {
    const { renames = [], kept } = absorbed.get(name) ?? {};
    const all = [...renames, ...await reconcile(plan, join(layout.root, name), kept, nodes.get(name))];
    if (all.length > 0) steps.set(name, all);
  }
  return steps;
}

/**
 * Puts the steps in order.
 *
 * As long as the backup is partial, whatever it has no counterpart of counts as somebody else's. So a name that is new
 * comes after the step that makes the backup complete.
 */
function addSteps(
  plan: Plan,
  { layout, phase }: ConfigDirectory,
  absorbed: ReadonlyMap<string, Absorbed>,
  steps: ReadonlyMap<string, Rename[]>,
): void {
  const isBackedUp = (name: string) => phase !== "complete" && (absorbed.get(name)?.renames.length ?? 0) > 0;
  for (const [name, renames] of steps) if (isBackedUp(name)) plan.renames.push(...renames);
  if (phase !== "complete") plan.rename(layout.partial, layout.backup);
  for (const [name, renames] of steps) if (!isBackedUp(name)) plan.renames.push(...renames);
}

/** Returns the registries that the backup has a directory for. */
async function savedRegistries({ backup }: Layout): Promise<string[]> {
  const saved: string[] = [];
  for (const name of await listNames(backup)) {
    if (isVersion(name) || !(name === EVERY_REGISTRY || isRegistryDirectory(name))) continue;
    const kind = (await findEntry(join(backup, name)))?.kind;
    if (kind === "directory" || kind === "link") saved.push(name);
  }
  return saved;
}

async function makeDirectory(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { recursive: true, mode: 0o755 });
  } catch (cause) {
    throw new Error(`Cannot configure mirrors in "${path}": ${errorMessage(cause)}`, { cause });
  }
}
