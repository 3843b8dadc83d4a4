/** A run of bytes of a blob that one source is asked for. */
export interface Piece {
  /** The first byte. */
  readonly start: number;
  /** The byte behind the last. */
  readonly end: number;
  /** The bytes. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** How many of them have come, from the first one on. */
  filled: number;
}

/** How much a {@linkcode PieceWindow} holds. */
export interface PieceWindowOptions {
  /** The size of a piece in bytes. */
  pieceBytes: number;
  /** How many pieces there are at once: never more memory is used. */
  piecesMax: number;
}

/** Puts pieces that come in any order into their order, and holds a bounded number of them. */
export class PieceWindow {
  readonly #end: number;
  readonly #options: PieceWindowOptions;
  /** The pieces that were handed out and not yet read, in order. */
  readonly #pieces: Piece[] = [];
  #nextStart: number;
  /** How much of the first piece was read. */
  #read = 0;

  /** @param span The first byte, and the byte behind the last. */
  constructor(span: { start: number; end: number }, options: PieceWindowOptions) {
    this.#nextStart = span.start;
    this.#end = span.end;
    this.#options = options;
  }

  /** Whether all bytes were read. */
  get done(): boolean {
    return this.#pieces.length === 0 && this.#nextStart === this.#end;
  }

  /** The piece whose bytes are read next, if it was handed out. */
  get first(): Piece | undefined {
    return this.#pieces[0];
  }

  /** Whether everything that was handed out has come and waits to be read. */
  get full(): boolean {
    return this.#pieces.length === this.#options.piecesMax && this.#pieces.every(isComplete);
  }

  /** Hands out the next piece to get, unless there is none left or no room for it. */
  claim(): Piece | undefined {
    const { pieceBytes, piecesMax } = this.#options;
    if (this.#nextStart === this.#end || this.#pieces.length === piecesMax) return undefined;
    const start = this.#nextStart;
    const end = Math.min(start + pieceBytes, this.#end);
    this.#nextStart = end;
    const piece = { start, end, bytes: new Uint8Array(end - start), filled: 0 };
    this.#pieces.push(piece);
    return piece;
  }

  /**
   * Takes bytes of a piece, from whoever got them.
   *
   * @param offset Where they begin in the piece: not behind what has come. What has come already is left as it is.
   */
  fill(piece: Piece, offset: number, bytes: Uint8Array): void {
    const known = piece.filled - offset;
    if (known < 0) throw new RangeError(`Cannot fill a piece at ${offset}: ${piece.filled} bytes have come`);
    if (known >= bytes.length) return;
    const fresh = bytes.subarray(known, known + piece.end - piece.start - piece.filled);
    piece.bytes.set(fresh, piece.filled);
    piece.filled += fresh.length;
  }

  /** Copies the next bytes in order as far as they have come. Returns how many. */
  read(into: Uint8Array): number {
    const [first] = this.#pieces;
    if (!first) return 0;
    const part = first.bytes.subarray(this.#read, Math.min(first.filled, this.#read + into.length));
    into.set(part);
    this.#read += part.length;
    if (this.#read === first.end - first.start) {
      this.#pieces.shift();
      this.#read = 0;
    }
    return part.length;
  }
}

/** Returns whether all bytes of a piece have come. */
export function isComplete(piece: Piece): boolean {
  return piece.filled === piece.end - piece.start;
}
