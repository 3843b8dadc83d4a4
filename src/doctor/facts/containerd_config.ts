import { basename, dirname, isAbsolute, join } from "node:path";
import { parse, type TomlTable } from "@std/toml";
import type { HostFiles } from "./host_files.ts";
import { type FileSettings, type PullSettings, readFileSettings } from "./pull_settings.ts";
import { tomlProblem } from "./toml_problem.ts";

/** One file of containerd's configuration. */
export interface ConfigFile extends FileSettings {
  /** Where it is on the node. */
  path: string;
  /** When it was last changed, in milliseconds since 1970. */
  changedMs: number;
}

/** containerd's configuration, as it is on the disk. */
export interface ConfigFacts {
  /** The file that containerd is started with. */
  path: string;
  /** `broken`: it cannot be parsed. */
  state: "seen" | "absent" | "hidden" | "broken";
  /** Why it cannot be used. */
  problem?: string;
  /** It, and the files that it imports, in the order in which they are read. */
  files: ConfigFile[];
  /** Files in the usual directory of drop-ins that nothing imports. */
  notImported: ConfigFile[];
}

/** Where drop-ins are put, beside the file itself, from 2.2 on. */
const DROP_IN_DIR = "conf.d";
/** How many files are followed: imports may name each other. */
const FILES_MAX = 64;

/** Reads containerd's configuration and all that it imports. */
export async function readContainerdConfig(files: HostFiles, path: string): Promise<ConfigFacts> {
  const facts: ConfigFacts = { path, state: "seen", files: [], notImported: [] };
  const pending = [path];
  while (pending.length > 0 && facts.files.length < FILES_MAX) {
    const next = pending.shift() as string;
    if (facts.files.some((file) => file.path === next)) continue;
    const seen = await readConfigFile(files, next);
    if ("problem" in seen) {
      if (next === path || seen.state === "broken") facts.state = seen.state;
      facts.problem ??= `${next}: ${seen.problem}`;
      continue;
    }
    facts.files.push(seen.file);
    pending.push(...await imported(files, seen.table, next));
  }
  if (facts.state === "seen") facts.notImported = await strayDropIns(files, facts);
  return facts;
}

/**
 * Puts together what the files say: a later one wins. In containerd 1.x one that has the plugin's tables takes the
 * place of all that was said about the plugin before; from 2.0 on they are merged.
 */
export function effectiveSettings(files: readonly ConfigFile[], isOne: boolean): PullSettings & { erasedBy?: string } {
  let settings: PullSettings & { erasedBy?: string } = {};
  for (const { path, hasPlugin, configPath, discardUnpackedLayers, inlineMirrors, localPull } of files) {
    if (!hasPlugin) continue;
    const erases = isOne && settings.configPath !== undefined && configPath === undefined;
    const said = { configPath, discardUnpackedLayers, inlineMirrors, localPull };
    const defined = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
    settings = { ...(isOne ? {} : settings), ...defined, ...(erases ? { erasedBy: path } : {}) };
  }
  return settings;
}

type ReadFile = { file: ConfigFile; table: TomlTable } | { state: "absent" | "hidden" | "broken"; problem: string };

async function readConfigFile(files: HostFiles, path: string): Promise<ReadFile> {
  const [text, info] = [await files.read(path), await files.stat(path)];
  if (text.state === "absent") return { state: "absent", problem: "there is no such file" };
  if (text.state === "hidden") return { state: "hidden", problem: text.why };
  try {
    const table = parse(text.value);
    const changedMs = info.state === "seen" ? info.value.mtime?.getTime() ?? 0 : 0;
    return { file: { ...readFileSettings(table), path, changedMs }, table };
  } catch (reason) {
    return { state: "broken", problem: tomlProblem(reason) };
  }
}

/** Returns the files that a file imports. A pattern may have `*` and `?` in its last part. */
async function imported(files: HostFiles, { imports }: TomlTable, from: string): Promise<string[]> {
  const patterns = Array.isArray(imports) ? imports.filter((pattern) => typeof pattern === "string") : [];
  const found = await Promise.all(patterns.map(async (pattern) => {
    const path = isAbsolute(pattern) ? pattern : join(dirname(from), pattern);
    if (!/[*?]/.test(basename(path))) return [path];
    const names = await files.list(dirname(path));
    const matches = globRegExp(basename(path));
    return names.state === "seen"
      ? names.value.filter((name) => matches.test(name)).map((name) => join(dirname(path), name))
      : [];
  }));
  return found.flat();
}

function globRegExp(pattern: string): RegExp {
  const source = pattern.replaceAll(/[^*?]+|\*|\?/g, (part) => part === "*" ? ".*" : part === "?" ? "." : escape(part));
  return new RegExp(`^${source}$`);
}

function escape(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

async function strayDropIns(files: HostFiles, { path, files: loaded }: ConfigFacts): Promise<ConfigFile[]> {
  const dir = join(dirname(path), DROP_IN_DIR);
  const names = await files.list(dir);
  if (names.state !== "seen") return [];
  const stray = names.value.filter((name) => name.endsWith(".toml")).map((name) => join(dir, name))
    .filter((file) => !loaded.some((known) => known.path === file));
  const read = await Promise.all(stray.slice(0, FILES_MAX).map((file) => readConfigFile(files, file)));
  return read.flatMap((seen) => "file" in seen ? [seen.file] : []);
}
