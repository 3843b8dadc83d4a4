import { getLogger } from "@logtape/logtape";
import { LRUCache } from "lru-cache";
import { errorMessage } from "../core/errors.ts";
import { isDigest } from "../oci/digest.ts";
import { parseReference, type Reference } from "../oci/reference.ts";

/** How many names that do not parse are remembered, so that each is logged once. */
const LOGGED_MAX = 1_000;

const logger = getLogger(["peili", "store"]);

/** Reads the names that a store gives its images. */
export class ImageNameReader {
  readonly #logged = new LRUCache<string, true>({ max: LOGGED_MAX });

  /**
   * Reads a name.
   *
   * @returns `undefined` for a name that is none of a registry. One that does not parse is logged, once.
   */
  read(name: string): Reference | undefined {
    if (isDigest(name)) return undefined; // CRI names each image by its config, too
    try {
      return parseReference(name);
    } catch (reason) {
      if (!this.#logged.has(name)) {
        logger.info("Skipping an image: {reason}", { reason: errorMessage(reason) });
        this.#logged.set(name, true);
      }
      return undefined;
    }
  }
}
