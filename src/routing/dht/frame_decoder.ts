/** How many bytes the length of a frame may take: enough for 2 MiB. */
const LENGTH_MAX_BYTES = 3;

/**
 * Cuts a stream of bytes into frames, each with its length in front as an unsigned varint.
 *
 * {@link https://github.com/multiformats/unsigned-varint}
 */
export class FrameDecoder {
  readonly #maxBytes: number;
  #rest: Uint8Array = new Uint8Array();

  /** @param maxBytes The longest frame that is accepted. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * Takes the next bytes and yields the frames that are complete with them.
   *
   * @throws {RangeError} If a frame is longer than allowed. The decoder is of no use any more.
   */
  *decode(chunk: Uint8Array): Generator<Uint8Array> {
    const bytes = this.#rest.length === 0 ? chunk : concat(this.#rest, chunk);
    let at = 0;
    try {
      for (let head = readLength(bytes, at); head; head = readLength(bytes, at)) {
        if (head.length > this.#maxBytes) {
          throw new RangeError(`Cannot read a frame of ${head.length} bytes: at most ${this.#maxBytes} are allowed`);
        }
        const end = head.end + head.length;
        if (end > bytes.length) return;
        at = end;
        yield bytes.subarray(head.end, end);
      }
    } finally {
      this.#rest = bytes.slice(at); // a copy, so that a few bytes do not keep a large chunk
    }
  }
}

/** Returns the bytes with their length in front. */
export function encodeFrame(bytes: Uint8Array): Uint8Array {
  let head = 1;
  for (let rest = bytes.length; rest >= 0x80; rest = Math.floor(rest / 0x80)) head++;
  const frame = new Uint8Array(head + bytes.length);
  for (let [at, rest] = [0, bytes.length]; at < head; at++, rest = Math.floor(rest / 0x80)) {
    frame[at] = rest % 0x80 + (at + 1 < head ? 0x80 : 0);
  }
  frame.set(bytes, head);
  return frame;
}

function readLength(bytes: Uint8Array, start: number): { length: number; end: number } | undefined {
  let length = 0;
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    length += (byte & 0x7f) * 0x80 ** (at - start);
    if (byte < 0x80) return { length, end: at + 1 };
    if (at - start + 1 >= LENGTH_MAX_BYTES) throw new RangeError("Cannot read a frame: its length has too many bytes");
  }
  return undefined;
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}
