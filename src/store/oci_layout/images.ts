import { getLogger } from "@logtape/logtape";
import { errorMessage } from "../../core/errors.ts";
import { MANIFEST_MAX_BYTES } from "../../core/limits.ts";
import { ImageNameReader } from "../image_name_reader.ts";
import type { NamedImage } from "../walk_images.ts";
import { parseLayoutIndex } from "./layout_index.ts";

const logger = getLogger(["peili", "store"]);

/** The image names of a layout. */
export class LayoutImages {
  readonly #path: string;
  readonly #names = new ImageNameReader();
  #version = "";
  #images: readonly NamedImage[] = [];

  /** @param root The directory of the layout. */
  constructor(root: string) {
    this.#path = `${root}/index.json`;
  }

  /** Lists them. The file is read again only when it is another one; one that is missing or broken names nothing. */
  async list(): Promise<readonly NamedImage[]> {
    const version = await this.#stat();
    if (version === this.#version) return this.#images;
    this.#images = await this.#read();
    this.#version = version;
    return this.#images;
  }

  async #stat(): Promise<string> {
    try {
      const { ino, size, mtime } = await Deno.stat(this.#path);
      return `${ino}:${size}:${mtime?.getTime()}`;
    } catch {
      return "missing"; // what hinders the stat hinders the read, which tells
    }
  }

  async #read(): Promise<NamedImage[]> {
    try {
      const { size } = await Deno.stat(this.#path);
      if (size > MANIFEST_MAX_BYTES) throw new RangeError(`it has ${size} bytes`);
      return parseLayoutIndex(await Deno.readTextFile(this.#path)).flatMap(({ name, digest }) => {
        const reference = this.#names.read(name);
        return reference ? [{ reference, digest }] : [];
      });
    } catch (reason) {
      if (reason instanceof Deno.errors.NotFound) return [];
      logger.warn('Cannot read "{path}": {reason}', { path: this.#path, reason: errorMessage(reason) });
      return [];
    }
  }
}
