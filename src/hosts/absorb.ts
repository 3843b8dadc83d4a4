import { join, relative } from "node:path";
import { type Entry, findEntry, identify, listNames, readSmallText } from "./entry.ts";
import type { Layout } from "./layout.ts";
import { attributesOf, emptyDirectory } from "./new_node.ts";
import { type Ownership, OWNS_NOTHING } from "./ownership.ts";
import type { Plan, Rename } from "./plan.ts";
import { versionPath } from "./versions.ts";

/** Something of the mirror's that stands in the directory. */
export interface Kept {
  /** See {@linkcode identify}. */
  identity: string;
  /** Whether a mirror wrote exactly this; else it was changed since, and the change is in the backup. */
  owned: boolean;
  /** Permission bits. */
  mode: number;
  /** What is in it and stays, by name; only of a directory. */
  children?: Map<string, Kept>;
}

/** Something of somebody else's that goes to the backup. */
export interface Moved {
  /** Its path below the directory. */
  path: string;
  /** Where it still is. */
  entry: Entry;
  /** For a file that a mirror had put text into: the text without that. */
  text?: string;
  /** Whether the entry alone is taken, for a directory that goes to the backup piece by piece. */
  shallow?: boolean;
}

/** What becomes of one name in the directory. */
export interface Absorbed {
  /** The steps that bring to the backup what is not ours. */
  renames: Rename[];
  /** What is left in place. */
  kept?: Kept;
}

/** Where an {@linkcode Absorber} works. */
export interface AbsorberContext {
  /** Where things are. */
  layout: Layout;
  /** What is staged goes there; the steps are returned instead. */
  plan: Plan;
  /** Tells what is ours. */
  ownership: Ownership;
  /** Where the backup is. */
  backup: string;
  /** Whether the backup is under way: then what it does not have is somebody else's, whatever it looks like. */
  partial: boolean;
  /** The file system of the directory. */
  dev: number;
}

/**
 * Works out how everything that is not ours gets into the backup.
 *
 * Where the backup has something else at the same path already, that is kept beside it under a name of its own, and
 * the newer one takes the path: it is what its owner last wanted there.
 */
export class Absorber {
  /** What goes to the backup, parents first. */
  readonly moved: Moved[] = [];
  /** The paths in the backup of what is kept beside something else of the same path. */
  readonly setAside: string[] = [];
  readonly #context: AbsorberContext;

  /** Nothing is read before {@linkcode Absorber.absorbAll}. */
  constructor(context: AbsorberContext) {
    this.#context = context;
  }

  /** Works out what becomes of each of the names in the directory. */
  async absorbAll(names: readonly string[]): Promise<Map<string, Absorbed>> {
    const absorbed = new Map<string, Absorbed>();
    for (const name of names) absorbed.set(name, await this.#absorb(name));
    return absorbed;
  }

  async #absorb(name: string): Promise<Absorbed> {
    const { backup, partial, ownership } = this.#context;
    const saved = await findEntry(join(backup, name));
    const renames: Rename[] = [];
    const kept = await new Walk(this.#context, partial && !saved ? OWNS_NOTHING : ownership, this, renames)
      .visit(name, saved);
    return { renames, ...(kept ? { kept } : {}) };
  }
}

/** One name of an {@linkcode Absorber} with everything below it. */
class Walk {
  readonly #context: AbsorberContext;
  readonly #ownership: Ownership;
  readonly #result: { moved: Moved[]; setAside: string[] };
  readonly #renames: Rename[];

  constructor(
    context: AbsorberContext,
    ownership: Ownership,
    result: { moved: Moved[]; setAside: string[] },
    renames: Rename[],
  ) {
    this.#context = context;
    this.#ownership = ownership;
    this.#result = result;
    this.#renames = renames;
  }

  async visit(path: string, saved: Entry | undefined): Promise<Kept | undefined> {
    const live = await findEntry(join(this.#context.layout.root, path));
    if (!live) return undefined; // gone since it was listed
    if (live.dev !== this.#context.dev) {
      throw new Error(`Cannot back up "${live.path}": it is on another file system than the directory around it`);
    }
    if (live.kind === "directory" && (saved?.kind === "directory" || this.#ownership.mayOwn(path))) {
      return await this.#visitDirectory(path, live, saved);
    }
    const owned = await this.#ownership.owns(path, live, saved);
    if (owned || await sameContent(live, saved)) {
      return { identity: await identify(live), owned, mode: live.mode };
    }
    const text = await this.#withoutInserted(path, live);
    if (text !== undefined) return await this.#saveText(path, live, saved, text);
    await this.#save(path, live, saved);
    return undefined;
  }

  async #visitDirectory(path: string, live: Entry, saved: Entry | undefined): Promise<Kept | undefined> {
    const inPlace = saved?.kind === "directory";
    const children = new Map<string, Kept>();
    const before = { renames: this.#renames.length, moved: this.#result.moved.length };
    for (const name of await listNames(live.path)) {
      const child = join(path, name);
      const kept = await this.visit(child, inPlace ? await findEntry(join(saved.path, name)) : undefined);
      if (kept) children.set(name, kept);
    }
    const owned = await this.#ownership.owns(path, live, saved);
    const someMoved = this.#renames.length > before.renames;
    if (!inPlace && !owned && children.size === 0) {
      // Nothing in it is ours: it goes as a whole, with all that a directory can have.
      this.#renames.length = before.renames;
      this.#result.moved.length = before.moved;
      await this.#save(path, live, saved);
      return undefined;
    }
    if (!inPlace && someMoved) await this.#saveDirectory(path, live, saved, before);
    return { identity: "directory", owned, mode: live.mode, children };
  }

  /** Puts a directory like the live one in front of the steps that move pieces of it. */
  async #saveDirectory(
    path: string,
    live: Entry,
    saved: Entry | undefined,
    before: { renames: number; moved: number },
  ): Promise<void> {
    const pieces = this.#renames.splice(before.renames);
    if (saved) await this.#setAside(path);
    const staged = this.#context.plan.stage({ ...emptyDirectory(live.mode), ...attributesOf(live) });
    this.#renames.push({ from: staged, to: this.#backupPath(path) }, ...pieces);
    this.#result.moved.splice(before.moved, 0, { path, entry: live, shallow: true });
  }

  async #save(path: string, live: Entry, saved: Entry | undefined): Promise<void> {
    if (saved) await this.#setAside(path);
    this.#renames.push({ from: live.path, to: this.#backupPath(path) });
    this.#result.moved.push({ path, entry: live });
  }

  /** Brings what others wrote into our file to the backup; the file itself stays. */
  async #saveText(path: string, live: Entry, saved: Entry | undefined, text: string): Promise<Kept> {
    const kept = { identity: await identify(live), owned: false, mode: live.mode };
    if (text.trim() === "" || (saved && await readSmallText(saved) === text)) return kept;
    const staged = () =>
      this.#context.plan.stage({ kind: "file", bytes: new TextEncoder().encode(text), ...attributesOf(live) });
    if (saved && this.#ownership.written(path)?.whole) {
      // Nothing of theirs was in the file: what they had stays, and what they wrote into ours is kept beside it.
      const to = await versionPath(this.#backupPath(path), text);
      if (to !== undefined) this.#renames.push({ from: staged(), to: this.#noted(to) });
      return kept;
    }
    if (saved) await this.#setAside(path);
    this.#renames.push({ from: staged(), to: this.#backupPath(path) });
    this.#result.moved.push({ path, entry: live, text });
    return kept;
  }

  /** Returns the text of a file without what we put into it; undefined if none of that is in it any more. */
  async #withoutInserted(path: string, live: Entry): Promise<string | undefined> {
    const { inserted = [] } = this.#ownership.written(path) ?? {};
    let text = inserted.length > 0 ? await readSmallText(live) : undefined;
    if (text === undefined || !inserted.some((piece) => piece.includes("[host.") && text?.includes(piece))) {
      return undefined;
    }
    for (const piece of inserted) text = text.replace(piece, () => "");
    return text;
  }

  async #setAside(path: string): Promise<void> {
    const to = await versionPath(this.#backupPath(path));
    if (to !== undefined) this.#renames.push({ from: this.#backupPath(path), to: this.#noted(to) });
  }

  #noted(version: string): string {
    this.#result.setAside.push(relative(this.#context.backup, version));
    return version;
  }

  #backupPath(path: string): string {
    return join(this.#context.backup, path);
  }
}

async function sameContent(live: Entry, saved: Entry | undefined): Promise<boolean> {
  if (!saved || saved.kind !== live.kind || saved.size !== live.size) return false;
  return await identify(live) === await identify(saved);
}
