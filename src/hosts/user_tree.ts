import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import type { Moved } from "./absorb.ts";
import { type Entry, findEntry, listNames, readSmallText } from "./entry.ts";
import type { Layout } from "./layout.ts";

/** Something that stands, or would stand, in the directory if there were no mirror. */
export interface UserNode {
  /** Where it is now: in the backup, or still in place. */
  entry: Entry;
  /** What is in it, by name; only of a directory. */
  children?: Map<string, UserNode>;
  /** The text of a file whose entry has more than that. */
  text?: string;
}

/** The most entries below the directory: beyond any real configuration, and a bound on what is in memory. */
const ENTRIES_MAX = 20_000;
/** How many symbolic links may lead to each other, as the system allows for one path. */
const LINKS_MAX = 40;

/** What the directory would hold if there were no mirror: the backup, with what is on its way there. */
export class UserTree {
  /** The entries of the directory itself, by name. */
  readonly top: Map<string, UserNode>;
  readonly #roots: readonly string[];

  private constructor(top: Map<string, UserNode>, roots: readonly string[]) {
    this.top = top;
    this.#roots = roots;
  }

  /**
   * Reads the tree.
   *
   * @param givenPath The directory as it was named, which symbolic links may name too.
   * @throws {Error} If it has too many entries.
   */
  static async load(
    { root }: Layout,
    backup: string,
    moved: readonly Moved[],
    givenPath: string,
  ): Promise<UserTree> {
    const budget = { left: ENTRIES_MAX };
    const tree = new UserTree(await readChildren(backup, budget), [root, resolve(givenPath)]);
    for (const { path, entry, text, shallow } of moved) {
      const node = shallow ? { entry, children: new Map() } : await readNode(entry, budget);
      const name = path.slice(path.lastIndexOf("/") + 1);
      const siblings = name === path ? tree.top : tree.find(dirname(path))?.children;
      siblings?.set(name, text === undefined ? node : { ...node, text });
    }
    return tree;
  }

  /** Returns what is at a path below the directory. */
  find(path: string): UserNode | undefined {
    let node: UserNode | undefined;
    let children: Map<string, UserNode> | undefined = this.top;
    for (const name of path.split("/")) {
      node = children?.get(name);
      children = node?.children;
    }
    return node;
  }

  /**
   * Follows symbolic links as they led before anything was moved.
   *
   * @param path The path of the node below the directory.
   * @returns What the links lead to; undefined if that is nothing, or out of reach of this process.
   */
  async follow(path: string, node: UserNode | undefined = this.find(path)): Promise<UserNode | undefined> {
    for (let links = 0; node?.entry.kind === "link"; links++) {
      if (links >= LINKS_MAX) return undefined;
      const target = await Deno.readLink(node.entry.path);
      const absolute: string = isAbsolute(target)
        ? resolve(target)
        : resolve(this.#roots[0] ?? "/", dirname(path), target);
      const inside = this.#roots.map((root) => relative(root, absolute)).find((to) =>
        to !== "" && !to.startsWith("..")
      );
      if (inside === undefined) return await readOutside(absolute);
      path = inside;
      node = this.find(path);
    }
    return node;
  }
}

/** Returns the text of a file that is small enough to be a `hosts.toml`, if it is one. */
export async function userText(node: UserNode): Promise<string | undefined> {
  return node.text ?? await readSmallText(node.entry);
}

async function readOutside(path: string): Promise<UserNode | undefined> {
  try {
    const entry = await findEntry(await Deno.realPath(path));
    return entry && await readNode(entry, { left: ENTRIES_MAX });
  } catch {
    return undefined; // nothing there, or nothing that this process may see
  }
}

async function readNode(entry: Entry, budget: { left: number }): Promise<UserNode> {
  if (--budget.left < 0) throw new Error(`Cannot read "${entry.path}": there are more than ${ENTRIES_MAX} entries`);
  return entry.kind === "directory" ? { entry, children: await readChildren(entry.path, budget) } : { entry };
}

async function readChildren(path: string, budget: { left: number }): Promise<Map<string, UserNode>> {
  const children = new Map<string, UserNode>();
  for (const name of await listNames(path)) {
    const entry = await findEntry(join(path, name));
    if (entry) children.set(name, await readNode(entry, budget));
  }
  return children;
}
