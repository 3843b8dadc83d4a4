import { isDeepStrictEqual } from "node:util";
import { parse, type TomlTable } from "@std/toml";
import { joinTables, type MirrorTable, serverLine } from "./hosts_text.ts";

/** A `hosts.toml` with the tables of the mirrors in front. */
export interface MergedHosts {
  /** The whole file. */
  text: string;
  /** The pieces that were put in: without them the file is the existing one, byte for byte. */
  inserted: string[];
}

/** How many lines may look like the first table before the search for it is given up. */
const CANDIDATES_MAX = 1_000;

/**
 * Puts the tables of the mirrors in front of the hosts of an existing file, and keeps every byte of it.
 *
 * A host that the existing file has a table for keeps that table: TOML allows one each. What comes out is parsed again
 * and compared, so a file that is laid out in a way that a table cannot be put into is refused, never broken.
 *
 * @param server Where the registry is; named only if the existing file does not say so.
 * @throws {Error} If the existing file is not TOML, or if nothing can be put into it.
 */
export function mergeHosts(existing: string, tables: readonly MirrorTable[], server?: string): MergedHosts {
  const before = parse(existing);
  const hosts = hostsOf(before);
  const added = tables.filter(({ target }) => !(target in hosts));
  if (added.length === 0) return { text: existing, inserted: [] };

  const at = insertionPoint(existing);
  const [head, tail] = [existing.slice(0, at), existing.slice(at)];
  const named = server !== undefined && before.server === undefined ? server : undefined;
  const front = named === undefined ? "" : head === "" ? serverLine(named) : serverLine(named).trimEnd() + "\n";
  const block = blankLine(head) + joinTables(added) + (tail === "" ? "" : "\n\n");
  const text = front + head + block + tail;
  verify(text, before, added, named);
  return { text, inserted: [front, block].filter((piece) => piece !== "") };
}

/** Returns where the first table begins, or a comment that is attached to it; the end if there is no table. */
function insertionPoint(text: string): number {
  let candidates = 0;
  for (const { index } of text.matchAll(/^[ \t]*\[/gm)) {
    if (++candidates > CANDIDATES_MAX) throw new Error("its first table is not found");
    const head = text.slice(0, index);
    if (!parses(head)) continue; // inside of an array or a string of several lines
    const comment = /(?:^|\n)((?:[ \t]*#[^\n]*\n)+)$/.exec(head)?.[1] ?? "";
    const start = index - comment.length;
    return parses(text.slice(0, start)) ? start : index;
  }
  return text.length;
}

/** Returns what ends the text with a blank line. */
function blankLine(head: string): string {
  if (head === "" || /\n\r?\n$/.test(head)) return "";
  return head.endsWith("\n") ? "\n" : "\n\n";
}

/** Throws unless the mirrors come first and everything else means what it meant. */
function verify(text: string, before: TomlTable, added: readonly MirrorTable[], server: string | undefined): void {
  const after = parse(text);
  const [hosts, hostsBefore] = [hostsOf(after), hostsOf(before)];
  const names = [...added.map(({ target }) => target), ...Object.keys(hostsBefore)];
  const same = isDeepStrictEqual(Object.keys(hosts), names) &&
    Object.entries(hostsBefore).every(([name, table]) => isDeepStrictEqual(hosts[name], table)) &&
    isDeepStrictEqual(
      { ...after, host: undefined },
      { ...before, host: undefined, ...(server === undefined ? {} : { server }) },
    );
  if (!same) throw new Error("its layout leaves no place for another table");
}

function hostsOf({ host = {} }: TomlTable): TomlTable {
  if (!isTable(host)) throw new Error("its key host is no table");
  return host;
}

function parses(text: string): boolean {
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
}

function isTable(value: unknown): value is TomlTable {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
