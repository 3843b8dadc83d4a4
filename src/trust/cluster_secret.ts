import { getLogger } from "@logtape/logtape";
import { errorMessage } from "../core/errors.ts";
import { SECOND_MS } from "../core/units.ts";

/** The shortest secret, in characters: 16 random bytes in hexadecimal digits. */
const SECRET_MIN_LENGTH = 32;
/** The largest file that is read, in bytes. */
const FILE_MAX_BYTES = 4_096;
/** How often the file is looked at again, in milliseconds: mounted secrets change by a swap of links, which no watch tells. */
const LOOK_AGAIN_MS = 10 * SECOND_MS;

const logger = getLogger(["peili", "trust"]);

/** What the nodes of a cluster share. */
export interface SharedSecret {
  /** The secrets that are accepted, at least one. The first one signs. */
  readonly keys: readonly Uint8Array<ArrayBuffer>[];
}

/**
 * Reads the text of a secret file: one or two lines, the second one so that a new secret can be brought in node by node.
 *
 * @throws {SyntaxError} If it is none.
 */
export function parseClusterSecret(text: string): Uint8Array<ArrayBuffer>[] {
  const lines = text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  if (lines.length < 1 || lines.length > 2) {
    throw new SyntaxError(`Cannot use the cluster secret: expected one or two lines, found ${lines.length}`);
  }
  if (lines.some((line) => line.length < SECRET_MIN_LENGTH)) {
    throw new SyntaxError(`Cannot use the cluster secret: expected at least ${SECRET_MIN_LENGTH} characters in a line`);
  }
  return lines.map((line) => new TextEncoder().encode(line));
}

/** The cluster secret in a file, which is read again when it changes. */
export class ClusterSecret implements SharedSecret, Disposable {
  readonly #path: string;
  readonly #timer: ReturnType<typeof setInterval>;
  #text: string;
  #keys: readonly Uint8Array<ArrayBuffer>[];
  #refused: string | undefined;

  private constructor(path: string, text: string, lookAgainMs: number) {
    this.#path = path;
    this.#text = text;
    this.#keys = parseClusterSecret(text);
    this.#timer = setInterval(() => this.#lookAgain(), lookAgainMs);
  }

  /**
   * Opens a secret file.
   *
   * @throws {SyntaxError} With one line, if the file cannot be read or holds no secret.
   */
  static async open(path: string, options: { lookAgainMs?: number } = {}): Promise<ClusterSecret> {
    try {
      return new ClusterSecret(path, await readText(path), options.lookAgainMs ?? LOOK_AGAIN_MS);
    } catch (cause) {
      const message = `Cannot use the cluster secret file "${path}": ${errorMessage(cause)}`;
      throw new SyntaxError(message, { cause });
    }
  }

  get keys(): readonly Uint8Array<ArrayBuffer>[] {
    return this.#keys;
  }

  /** Ends the looking. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  /** A file that became unusable changes nothing: the secret before is the best there is. */
  async #lookAgain(): Promise<void> {
    try {
      const text = await readText(this.#path);
      if (text === this.#text) return;
      this.#keys = parseClusterSecret(text);
      this.#text = text;
      this.#refused = undefined;
      logger.info("The cluster secret has changed", { path: this.#path, accepted: this.#keys.length });
    } catch (reason) {
      const message = errorMessage(reason);
      if (message !== this.#refused) logger.warn("Cannot read the cluster secret again: {reason}", { reason: message });
      this.#refused = message;
    }
  }
}

async function readText(path: string): Promise<string> {
  const { size } = await Deno.stat(path);
  if (size > FILE_MAX_BYTES) throw new SyntaxError(`expected at most ${FILE_MAX_BYTES} bytes`);
  return await Deno.readTextFile(path);
}
