import type { Absorbed, Kept } from "./absorb.ts";
import { identifyNode, type NewNode } from "./new_node.ts";
import type { Written, WrittenRecord } from "./record.ts";

/** Returns the record of a directory in which everything is as it is wanted. */
export async function recordOf(nodes: ReadonlyMap<string, NewNode>, parent = ""): Promise<Map<string, Written>> {
  const record = new Map<string, Written>();
  for (const [name, node] of nodes) {
    const path = parent + name;
    const inserted = node.kind === "file" ? node.inserted ?? [] : [];
    record.set(path, written([await identifyNode(node)], inserted));
    if (node.kind !== "directory") continue;
    for (const [below, entry] of await recordOf(node.children, `${path}/`)) record.set(below, entry);
  }
  return record;
}

/**
 * Returns the record for the time in which a directory changes: what is there and ours, and what is to come.
 *
 * @param absorbed What is there, by name.
 * @param before The record of the last run.
 * @param after The record of this run.
 */
export function recordDuring(
  absorbed: ReadonlyMap<string, Absorbed>,
  before: WrittenRecord = new Map(),
  after: WrittenRecord = new Map(),
): Map<string, Written> {
  const record = new Map(after);
  const kept = [...absorbed].flatMap(([name, { kept }]): [string, Kept][] => kept ? [[name, kept]] : []);
  for (const [path, { identity, owned }] of flatten(kept)) {
    const [last, next] = [before.get(path), after.get(path)];
    record.set(
      path,
      written(
        [...(owned ? [identity] : []), ...next?.identities ?? []],
        [...last?.inserted ?? [], ...next?.inserted ?? []],
      ),
    );
  }
  return record;
}

function written(identities: readonly string[], inserted: readonly string[]): Written {
  const unique = { identities: [...new Set(identities)], inserted: [...new Set(inserted)] };
  return unique.inserted.length > 0 ? unique : { identities: unique.identities };
}

function* flatten(kept: Iterable<[string, Kept]>, parent = ""): Generator<[string, Kept]> {
  for (const [name, node] of kept) {
    yield [parent + name, node];
    if (node.children) yield* flatten(node.children, `${parent + name}/`);
  }
}
