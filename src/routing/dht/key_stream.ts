import { xsalsa20 } from "@noble/ciphers/salsa.js";

/** The bytes of a key of XSalsa20. */
export const KEY_BYTES = 32;
/** The bytes of a nonce of XSalsa20. */
export const NONCE_BYTES = 24;
/** In such blocks the cipher makes its bytes. */
const BLOCK_BYTES = 64;

/** Enciphers or deciphers, which is the same, what comes in pieces: XSalsa20 goes on where the piece before ended. */
export class KeyStream {
  readonly #key: Uint8Array;
  readonly #nonce: Uint8Array;
  #position = 0;

  /** @param nonce Never used with this key before. */
  constructor(key: Uint8Array, nonce: Uint8Array) {
    this.#key = key;
    this.#nonce = nonce;
  }

  /** Returns the next bytes, enciphered or deciphered. What is given stays as it is. */
  next(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    const [block, offset] = [Math.floor(this.#position / BLOCK_BYTES), this.#position % BLOCK_BYTES];
    this.#position += bytes.length;
    const padded = new Uint8Array(offset + bytes.length);
    padded.set(bytes, offset);
    xsalsa20(this.#key, this.#nonce, padded, padded, block);
    return padded.subarray(offset);
  }
}
