import { join } from "node:path";
import { errorMessage } from "../../core/errors.ts";
import { MIB } from "../../core/units.ts";

/** What came of reading a file or a directory of the node. */
export type Seen<T> =
  | { state: "seen"; value: T }
  /** It is not there. */
  | { state: "absent" }
  /** It cannot be seen from here: it is not mounted, or may not be read. */
  | { state: "hidden"; why: string };

/** The largest file that is read, in bytes: configuration files have some KiB. */
const FILE_MAX_BYTES = MIB;
/** The most names that are read of one directory. */
const NAMES_MAX = 2_000;

/** Reads files of the node, which may be mounted somewhere, in part, or not at all. */
export class HostFiles {
  readonly #root: string;
  readonly #mounted: readonly string[] | undefined;

  /**
   * @param root Where the node's root directory is.
   * @param mounted The directories of the node that are there: what else is not found may just not be mounted. @default all
   */
  constructor(root: string, mounted?: readonly string[]) {
    this.#root = root;
    this.#mounted = mounted?.map((dir) => dir.replace(/\/+$/, ""));
  }

  /** Returns where a path of the node is, as this process sees it. */
  path(path: string): string {
    return this.#root === "/" ? path : join(this.#root, path);
  }

  /** Reads a text file. */
  async read(path: string): Promise<Seen<string>> {
    return await this.#look(path, async (at) => {
      const { size } = await Deno.stat(at);
      if (size > FILE_MAX_BYTES) throw new RangeError(`it has ${size} bytes`);
      return await Deno.readTextFile(at);
    });
  }

  /** Lists the names in a directory, sorted. */
  async list(path: string): Promise<Seen<string[]>> {
    return await this.#look(path, async (at) => {
      const names: string[] = [];
      for await (const { name } of Deno.readDir(at)) {
        if (names.length < NAMES_MAX) names.push(name);
      }
      return names.sort();
    });
  }

  /** Returns what the system knows of a file. */
  async stat(path: string): Promise<Seen<Deno.FileInfo>> {
    return await this.#look(path, (at) => Deno.stat(at));
  }

  async #look<T>(path: string, run: (at: string) => Promise<T>): Promise<Seen<T>> {
    try {
      return { state: "seen", value: await run(this.path(path)) };
    } catch (reason) {
      const absent = reason instanceof Deno.errors.NotFound || reason instanceof Deno.errors.NotADirectory;
      if (absent && this.#isMounted(path)) return { state: "absent" };
      return { state: "hidden", why: absent ? "it is not mounted here" : errorMessage(reason) };
    }
  }

  #isMounted(path: string): boolean {
    return this.#mounted === undefined || this.#mounted.some((dir) => path === dir || path.startsWith(`${dir}/`));
  }
}
