import assert from "@std/assert";
import fc from "fast-check";
import { isComplete, type Piece, PieceWindow } from "../../src/transfer/piece_window.ts";
import { patternBytes } from "../registry/stored_image.ts";

/** Something that happens to a window. */
const STEP = fc.oneof(
  fc.record({ type: fc.constant("claim" as const) }),
  fc.record({
    type: fc.constant("fill" as const),
    piece: fc.nat(7),
    back: fc.nat(5),
    bytes: fc.integer({ min: 1, max: 40 }),
  }),
  fc.record({ type: fc.constant("read" as const), bytes: fc.integer({ min: 1, max: 40 }) }),
);

Deno.test("PieceWindow puts pieces into their order and holds no more than it may, whatever comes first", () => {
  const sizes = fc.record({
    length: fc.integer({ min: 1, max: 300 }),
    start: fc.nat(50),
    pieceBytes: fc.integer({ min: 1, max: 50 }),
    piecesMax: fc.integer({ min: 1, max: 5 }),
  });
  fc.assert(fc.property(sizes, fc.array(STEP, { maxLength: 150 }), ({ length, start, ...options }, steps) => {
    const content = patternBytes(start + length);
    const window = new PieceWindow({ start, end: start + length }, options);
    const claimed: Piece[] = [];
    const read: number[] = [];
    const held = () => claimed.filter((piece) => piece.end > start + read.length).length;
    const readOn = (bytes: number) => {
      const into = new Uint8Array(bytes);
      const count = window.read(into);
      read.push(...into.subarray(0, count));
      return count;
    };
    const fill = (piece: Piece, { back, bytes }: { back: number; bytes: number }) => {
      const offset = Math.max(0, piece.filled - back);
      const from = piece.start + offset;
      window.fill(piece, offset, content.slice(from, Math.min(from + bytes, content.length)));
    };
    for (const step of steps) {
      if (step.type === "claim") {
        const piece = window.claim();
        if (piece) claimed.push(piece);
      } else if (step.type === "fill") {
        const piece = claimed[step.piece % Math.max(claimed.length, 1)];
        if (piece && piece.end > start + read.length) fill(piece, step);
      } else readOn(step.bytes);
      assert(held() <= options.piecesMax);
      assert.equal(window.first === undefined, held() === 0);
    }
    while (!window.done) {
      for (let piece = window.claim(); piece; piece = window.claim()) claimed.push(piece);
      for (const piece of claimed) while (!isComplete(piece)) fill(piece, { back: 2, bytes: 9 });
      while (readOn(17) > 0);
    }
    assert.deepEqual(new Uint8Array(read), content.slice(start));
    assert.deepEqual(claimed.map((piece) => piece.start).slice(1), claimed.map(({ end }) => end).slice(0, -1));
  }));
});

Deno.test("PieceWindow takes no bytes that leave a gap", () => {
  const window = new PieceWindow({ start: 0, end: 10 }, { pieceBytes: 10, piecesMax: 1 });
  const piece = window.claim();
  if (!piece) throw new Error("Cannot claim a piece of a fresh window");
  assert.throws(() => window.fill(piece, 1, new Uint8Array(1)), RangeError);
});

Deno.test("PieceWindow takes no bytes beyond a piece", () => {
  const window = new PieceWindow({ start: 0, end: 10 }, { pieceBytes: 4, piecesMax: 1 });
  const piece = window.claim();
  if (!piece) throw new Error("Cannot claim a piece of a fresh window");
  window.fill(piece, 0, patternBytes(10));
  assert(isComplete(piece) && window.full);
  const into = new Uint8Array(10);
  assert.equal(window.read(into), 4);
  assert.deepEqual(into.slice(0, 4), patternBytes(4));
});
