import * as v from "valibot";
import { MIB } from "../core/units.ts";
import { findEntry, readSmallText } from "./entry.ts";

/** What is remembered of one path that was written. */
export interface Written {
  /** What may be there: what was written last and, while a run is under way, what is about to be written. */
  identities: readonly string[];
  /** The pieces of text that the file has from us. */
  inserted?: readonly string[];
  /** Whether nothing else is in the file. */
  whole?: boolean;
}

/** What was written, by path below the directory, such as `docker.io/hosts.toml`. */
export type WrittenRecord = ReadonlyMap<string, Written>;

/** The largest record that is read: room for many more files than a registry configuration has. */
const RECORD_MAX_BYTES = 16 * MIB;

const RECORD_SCHEMA = v.object({
  version: v.literal(2),
  // Pairs, as a path may be "constructor" or "__proto__", which are no good as keys of an object.
  written: v.array(
    v.tuple([
      v.string(),
      v.object({
        identities: v.array(v.string()),
        inserted: v.optional(v.array(v.string())),
        whole: v.optional(v.boolean()),
      }),
    ]),
  ),
});

/**
 * Reads the record of what was written.
 *
 * @returns Undefined if there is none, or none that can be read: Spegel keeps none, and a run of it removes ours.
 */
export async function readRecord(path: string): Promise<WrittenRecord | undefined> {
  const entry = await findEntry(path);
  const text = entry && await readSmallText(entry, RECORD_MAX_BYTES);
  if (text === undefined) return undefined;
  try {
    return new Map(v.parse(RECORD_SCHEMA, JSON.parse(text)).written);
  } catch {
    return undefined; // cut short by a failing disk, say: then what is ours is told by its look
  }
}

/** Returns the bytes of a record; equal records have equal bytes. */
export function encodeRecord(record: WrittenRecord): Uint8Array {
  const written = [...record].sort(([a], [b]) => a < b ? -1 : 1);
  return new TextEncoder().encode(`${JSON.stringify({ version: 2, written }, undefined, 2)}\n`);
}

/** Returns whether two records say the same. */
export function sameRecord(a: WrittenRecord, b: WrittenRecord): boolean {
  const decoder = new TextDecoder();
  return decoder.decode(encodeRecord(a)) === decoder.decode(encodeRecord(b));
}
