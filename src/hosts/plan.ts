import { dirname, join } from "node:path";
import type { CallOptions } from "../core/call_options.ts";
import type { Disk } from "./disk.ts";
import { findEntry } from "./entry.ts";
import type { Layout } from "./layout.ts";
import { makeNode, type NewNode } from "./new_node.ts";
import { encodeRecord, type WrittenRecord } from "./record.ts";

/** One step of a {@linkcode Plan}. */
export interface Rename {
  /** The path that is renamed. */
  from: string;
  /** The path that it gets. */
  to: string;
}

/** The permissions of what only Peili reads. */
const OWN_DIRECTORY_MODE = 0o700;
const OWN_FILE_MODE = 0o600;

/**
 * A change of the directory that is worked out before anything is touched.
 *
 * Everything new is first made in the staging directory, where a full disk or a missing permission does no harm. All
 * that happens afterwards are renames, in an order in which each state between two of them is one that the next run
 * understands. What is taken away is renamed into the staging directory too.
 */
export class Plan {
  /** The steps, in order. */
  readonly renames: Rename[] = [];
  readonly #layout: Layout;
  readonly #staged: { path: string; node: NewNode }[] = [];
  #names = 0;

  /** A plan without a step. */
  constructor(layout: Layout) {
    this.#layout = layout;
  }

  /** Returns the path in the staging directory at which the node will have been made. */
  stage(node: NewNode): string {
    const path = this.trash();
    this.#staged.push({ path, node });
    return path;
  }

  /** Returns an unused path in the staging directory: what is renamed to it goes away with that directory. */
  trash(): string {
    return join(this.#layout.staging, String(this.#names++));
  }

  /** Adds a step. */
  rename(from: string, to: string): void {
    this.renames.push({ from, to });
  }

  /** Adds the step that replaces the record. */
  writeRecord(record: WrittenRecord): void {
    this.rename(this.stage({ kind: "file", bytes: encodeRecord(record), mode: OWN_FILE_MODE }), this.#layout.record);
  }

  /**
   * Makes everything that is new, then takes the steps, and brings all of it to the disk.
   *
   * @throws the error of the first thing that fails; as long as that is no step, nothing but the staging directory was
   * touched.
   */
  async carryOut(disk: Disk, options: CallOptions = {}): Promise<void> {
    const { own, staging } = this.#layout;
    try {
      await this.#prepare(disk, options);
      await this.#takeSteps(disk, options);
      await disk.remove(staging);
    } catch (reason) {
      await disk.remove(staging).catch(() => {});
      await disk.removeDirectory(own).catch(() => {}); // unless something is in it
      throw reason;
    }
  }

  async #prepare(disk: Disk, { signal }: CallOptions): Promise<void> {
    const { own, staging } = this.#layout;
    if (!await findEntry(own)) await disk.makeDirectory(own, { mode: OWN_DIRECTORY_MODE });
    await disk.remove(staging);
    await disk.makeDirectory(staging, { mode: OWN_DIRECTORY_MODE });
    for (const { path, node } of this.#staged) {
      signal?.throwIfAborted();
      await makeNode(disk, path, node);
    }
    await disk.sync(staging);
  }

  async #takeSteps(disk: Disk, { signal }: CallOptions): Promise<void> {
    const { own, record } = this.#layout;
    for (const { from, to } of this.renames) {
      signal?.throwIfAborted();
      await disk.rename(from, to);
      if (to === record) await disk.sync(own); // what is about to be written is known before it is
    }
    const directories = new Set(this.renames.flatMap(({ from, to }) => [dirname(from), dirname(to)]));
    for (const directory of directories) await disk.sync(directory);
  }
}
