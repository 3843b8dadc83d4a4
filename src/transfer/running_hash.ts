import { createHash, type Hash } from "node:crypto";
import { type Digest, splitDigest } from "../oci/digest.ts";

/**
 * The hash of content as far as it has come.
 *
 * The native one of `node:crypto`, as the hash of WebCrypto wants all bytes at once.
 */
export class RunningHash {
  readonly #digest: Digest;
  readonly #hash: Hash;
  #position = 0;

  /**
   * @param digest What the content should have in the end.
   * @param from A hash to go on from; it stays as it is.
   */
  constructor(digest: Digest, from?: RunningHash) {
    this.#digest = digest;
    this.#hash = from ? from.#hash.copy() : createHash(splitDigest(digest).algorithm);
    this.#position = from ? from.#position : 0;
  }

  /** How many bytes it covers. */
  get position(): number {
    return this.#position;
  }

  /** Adds the bytes that follow. */
  update(chunk: Uint8Array): void {
    this.#hash.update(chunk);
    this.#position += chunk.byteLength;
  }

  /** Returns a hash that goes its own way from here. */
  copy(): RunningHash {
    return new RunningHash(this.#digest, this);
  }

  /** Returns whether the content is what the digest names. Nothing can be added afterwards. */
  matches(): boolean {
    return this.#hash.digest("hex") === splitDigest(this.#digest).hex;
  }
}
