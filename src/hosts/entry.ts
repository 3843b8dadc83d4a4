import { createHash } from "node:crypto";
import { join } from "node:path";
import { KIB } from "../core/units.ts";
import type { Attributes } from "./disk.ts";

/** What a name in a directory stands for. `other` are devices, pipes and sockets. */
export type EntryKind = "file" | "directory" | "link" | "other";

/** Something that stands in a directory. */
export interface Entry extends Required<Attributes> {
  /** What it is; a symbolic link is not followed. */
  kind: EntryKind;
  /** Where it is. */
  path: string;
  /** The file system that it is on. */
  dev: number;
  /** How long the content of a file is, in bytes. */
  size: number;
}

/** Returns what stands at a path, or undefined if nothing does. */
export async function findEntry(path: string): Promise<Entry | undefined> {
  try {
    const { mode, uid, gid, dev, size, ...is } = await Deno.lstat(path);
    const kind = is.isFile ? "file" : is.isDirectory ? "directory" : is.isSymlink ? "link" : "other";
    return { kind, path, mode: (mode ?? 0) & 0o7777, uid: uid ?? 0, gid: gid ?? 0, dev, size };
  } catch (reason) {
    if (reason instanceof Deno.errors.NotFound || reason instanceof Deno.errors.NotADirectory) return undefined;
    throw reason;
  }
}

/** The most entries that one directory may have: beyond any real configuration, and a bound on what is in memory. */
const NAMES_MAX = 10_000;

/**
 * Returns the names in a directory, sorted; an empty list if there is no such directory.
 *
 * @throws {Error} If a name is not UTF-8, as it cannot be spoken of then, or if there are too many.
 */
export async function listNames(path: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(path)) {
      if (name.includes("\uFFFD")) throw new Error(`Cannot read "${join(path, name)}": its name is not UTF-8`);
      if (names.push(name) > NAMES_MAX) throw new Error(`Cannot read "${path}": it has more than ${NAMES_MAX} entries`);
    }
  } catch (reason) {
    if (!(reason instanceof Deno.errors.NotFound)) throw reason;
  }
  return names.sort();
}

/**
 * Returns a text that is the same for two entries that hold the same: the bytes of a file, the target of a link.
 *
 * Directories are all alike, whatever is in them. Nothing is like a device, a pipe or a socket.
 */
export async function identify(entry: Entry): Promise<string> {
  if (entry.kind === "directory") return "directory";
  if (entry.kind === "link") return `link:${await Deno.readLink(entry.path)}`;
  if (entry.kind === "other") return `other:${crypto.randomUUID()}`;
  const hash = createHash("sha256");
  using file = await Deno.open(entry.path);
  for await (const chunk of file.readable) hash.update(chunk);
  return `sha256:${hash.digest("hex")}`;
}

/** Returns what {@linkcode identify} returns for a file with these bytes. */
export function identifyBytes(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** The largest `hosts.toml` that is read, in bytes: real ones have a few hundred. */
export const HOSTS_TOML_MAX_BYTES = 256 * KIB;

/**
 * Returns the text of a small file.
 *
 * @returns The text, or undefined if it is no file, too long, or not UTF-8.
 */
export async function readSmallText(entry: Entry, maxBytes = HOSTS_TOML_MAX_BYTES): Promise<string | undefined> {
  if (entry.kind !== "file" || entry.size > maxBytes) return undefined;
  try {
    const bytes = await Deno.readFile(entry.path);
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (reason) {
    if (reason instanceof TypeError) return undefined;
    throw reason;
  }
}
