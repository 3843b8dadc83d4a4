import { join } from "node:path";
import type { Absorbed, Kept } from "./absorb.ts";
import { findEntry, identify } from "./entry.ts";
import { identifyNode, type NewFile, type NewNode } from "./new_node.ts";
import type { Written, WrittenRecord } from "./record.ts";

/** Returns the record of a directory in which everything is as it is wanted. */
export async function recordOf(nodes: ReadonlyMap<string, NewNode>, parent = ""): Promise<Map<string, Written>> {
  const record = new Map<string, Written>();
  for (const [name, node] of nodes) {
    const path = parent + name;
    const identities = [await identifyNode(node)];
    record.set(path, { identities, ...(node.kind === "file" && node.inserted ? insertedInto(node) : {}) });
    if (node.kind !== "directory") continue;
    for (const [below, entry] of await recordOf(node.children, `${path}/`)) record.set(below, entry);
  }
  return record;
}

/**
 * Returns the record for the time in which a directory changes: what is there and ours, and what is to come.
 *
 * What is there, is not ours and is the same as what is to come, as with a file that is brought to the backup and then
 * copied back, must not be taken for ours while it may not be in the backup yet. Once it is, it needs no record.
 *
 * @param root The directory.
 * @param absorbed What is there, by name.
 * @param before The record of the last run.
 * @param after The record of this run.
 */
export async function recordDuring(
  root: string,
  absorbed: ReadonlyMap<string, Absorbed>,
  before: WrittenRecord = new Map(),
  after: WrittenRecord = new Map(),
): Promise<Map<string, Written>> {
  const there = await identitiesBelow(root, [...after.keys()]);
  const record = new Map<string, Written>();
  for (const [path, written] of after) {
    record.set(path, { ...written, identities: written.identities.filter((identity) => identity !== there.get(path)) });
  }
  const kept = [...absorbed].flatMap(([name, { kept }]): [string, Kept][] => kept ? [[name, kept]] : []);
  for (const [path, { identity, owned }] of flatten(kept)) {
    const [last, next] = [before.get(path), record.get(path)];
    const identities = unique(owned ? [identity] : [], next?.identities);
    const inserted = unique(last?.inserted, next?.inserted);
    record.set(path, { ...(last ?? next), identities, ...(inserted.length > 0 ? { inserted } : {}) });
  }
  return record;
}

/** Returns what stands at the paths now; a path does not lead through a symbolic link. */
async function identitiesBelow(root: string, paths: readonly string[]): Promise<Map<string, string>> {
  const identities = new Map<string, string>();
  for (const path of paths) { // a directory comes before what is in it
    const parent = path.slice(0, Math.max(path.lastIndexOf("/"), 0));
    if (parent !== "" && identities.get(parent) !== "directory") continue;
    const entry = await findEntry(join(root, path));
    if (entry) identities.set(path, await identify(entry));
  }
  return identities;
}

function insertedInto({ bytes, inserted = [] }: NewFile): { inserted: readonly string[]; whole?: true } {
  return { inserted, ...(inserted.join("") === new TextDecoder().decode(bytes) ? { whole: true } : {}) };
}

function unique(...lists: (readonly string[] | undefined)[]): string[] {
  return [...new Set(lists.flatMap((list) => list ?? []))];
}

function* flatten(kept: Iterable<[string, Kept]>, parent = ""): Generator<[string, Kept]> {
  for (const [name, node] of kept) {
    yield [parent + name, node];
    if (node.children) yield* flatten(node.children, `${parent + name}/`);
  }
}
