import { join } from "node:path";
import { type Disk, systemDisk } from "../../src/hosts/disk.ts";

/** The file system without waiting for the disk: no test outlives the machine. */
export const quickDisk: Disk = { ...systemDisk, sync: () => Promise.resolve() };

/** How a {@linkcode CrashingDisk} ends. */
export interface CrashOptions {
  /** How many steps are taken before the end. */
  steps: number;
  /** Whether the step at the end is begun, such as a file half written. @default {false} */
  midway?: boolean;
  /** What every step from the end on throws. */
  error?: Error;
  /** Whether only the one step fails and later ones work, as with an error and not with a crash. @default {false} */
  once?: boolean;
}

/** The real file system, until a step that is the last one: as if the process were killed there. */
export class CrashingDisk implements Disk {
  /** How many steps were taken. */
  taken = 0;
  /** Whether the end was reached. */
  crashed = false;
  /** Whether the step at the end is one that can be begun without being done. */
  divisible = false;
  readonly #options: CrashOptions;

  constructor(options: CrashOptions) {
    this.#options = options;
  }

  makeDirectory: Disk["makeDirectory"] = (path, attributes) =>
    this.#step(() => quickDisk.makeDirectory(path, attributes), () => Deno.mkdir(path, { mode: attributes.mode }));

  writeFile: Disk["writeFile"] = (path, bytes, attributes) =>
    this.#step(
      () => quickDisk.writeFile(path, bytes, attributes),
      () => Deno.writeFile(path, bytes.subarray(0, bytes.length >> 1)),
    );

  copyFile: Disk["copyFile"] = (from, to, attributes) =>
    this.#step(() => quickDisk.copyFile(from, to, attributes), () => Deno.writeFile(to, new Uint8Array()));

  copyLink: Disk["copyLink"] = (from, to) => this.#step(() => quickDisk.copyLink(from, to));

  rename: Disk["rename"] = (from, to) => this.#step(() => quickDisk.rename(from, to));

  remove: Disk["remove"] = (path) => this.#step(() => quickDisk.remove(path), () => removeFirst(path));

  removeDirectory: Disk["removeDirectory"] = (path) => this.#step(() => quickDisk.removeDirectory(path));

  /** No step: nobody sees it but a machine that loses its power. */
  sync: Disk["sync"] = () => this.crashed && !this.#options.once ? Promise.reject(this.#error) : Promise.resolve();

  async #step(whole: () => Promise<void>, part?: () => Promise<void>): Promise<void> {
    const { steps, midway = false, once = false } = this.#options;
    if (this.taken < steps || (once && this.crashed)) {
      this.taken++;
      return await whole();
    }
    if (!this.crashed) this.divisible = part !== undefined;
    if (midway && !this.crashed) await part?.();
    this.crashed = true;
    throw this.#error;
  }

  get #error(): Error {
    return this.#options.error ?? new Error("crash");
  }
}

/** Removes one thing of what is in a directory. */
async function removeFirst(path: string): Promise<void> {
  try {
    for await (const { name } of Deno.readDir(path)) return await Deno.remove(join(path, name), { recursive: true });
  } catch (reason) {
    if (!(reason instanceof Deno.errors.NotFound)) throw reason;
  }
}
