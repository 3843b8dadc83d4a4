import { join } from "node:path";
import type { Attributes, Disk } from "./disk.ts";
import { type Entry, identify, identifyBytes } from "./entry.ts";

/** A file of which the bytes are known. */
export interface NewFile extends Attributes {
  /** Tells it from the others. */
  kind: "file";
  /** The whole content. */
  bytes: Uint8Array;
  /** The pieces of it that were put into somebody else's text. */
  inserted?: readonly string[];
}

/** A directory with everything in it. */
export interface NewDirectory extends Attributes {
  /** Tells it from the others. */
  kind: "directory";
  /** What is in it, by name; in this order it is put in place. */
  children: Map<string, NewNode>;
}

/** A copy of a regular file or of a symbolic link. */
export interface Copy {
  /** Tells it from the others. */
  kind: "copy";
  /** What is copied. */
  source: Entry;
}

/** Something that is to stand in a directory. */
export type NewNode = NewFile | NewDirectory | Copy;

/** Returns a directory with nothing in it. */
export function emptyDirectory(mode: number): NewDirectory {
  return { kind: "directory", mode, children: new Map() };
}

/** Returns what {@linkcode identify} returns once the node is made. */
export async function identifyNode(node: NewNode): Promise<string> {
  if (node.kind === "file") return identifyBytes(node.bytes);
  return node.kind === "copy" ? await identify(node.source) : "directory";
}

/** Returns the permissions of the node; undefined for a link, which has none. */
export function modeOf(node: NewNode): number | undefined {
  if (node.kind !== "copy") return node.mode;
  return node.source.kind === "link" ? undefined : node.source.mode;
}

/** Makes the node at a path where nothing is yet, and brings it to the disk. */
export async function makeNode(disk: Disk, path: string, node: NewNode): Promise<void> {
  if (node.kind === "copy" && node.source.kind === "link") return await disk.copyLink(node.source.path, path);
  if (node.kind === "copy") {
    await disk.copyFile(node.source.path, path, attributesOf(node.source));
  } else if (node.kind === "file") {
    await disk.writeFile(path, node.bytes, attributesOf(node));
  } else {
    await disk.makeDirectory(path, attributesOf(node));
    for (const [name, child] of node.children) await makeNode(disk, join(path, name), child);
  }
  await disk.sync(path);
}

/** Returns the permissions and the owner alone. */
export function attributesOf({ mode, uid, gid }: Attributes): Attributes {
  return { mode, uid, gid };
}
