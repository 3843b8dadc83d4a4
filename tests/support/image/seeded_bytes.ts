import { MIB } from "../../../src/core/units.ts";

/** How much is handed out at once, in bytes. */
const CHUNK_BYTES = MIB;

/**
 * Yields bytes that look random, cannot be compressed, and are the same for the same seed.
 *
 * @param seed Any text.
 * @param length How many bytes.
 */
export function* seededBytes(seed: string, length: number): Generator<Uint8Array<ArrayBuffer>> {
  // sfc32, a small fast counter generator; the seed only has to give different states
  let a = 0x9e3779b9, b = hashText(seed), c = hashText(`${seed}.`), counter = 1;
  for (let left = length; left > 0; left -= CHUNK_BYTES) {
    const words = new Uint32Array(CHUNK_BYTES / 4);
    for (let index = 0; index < words.length; index++) {
      const next = (a + b + counter) | 0;
      counter = (counter + 1) | 0;
      a = b ^ (b >>> 9);
      b = (c + (c << 3)) | 0;
      c = ((c << 21) | (c >>> 11)) + next | 0;
      words[index] = next;
    }
    yield new Uint8Array(words.buffer, 0, Math.min(left, CHUNK_BYTES));
  }
}

/** FNV-1a. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash;
}
