import { onAbort } from "../core/on_abort.ts";
import { KIB, SECOND_MS } from "../core/units.ts";
import type { Provider } from "../routing/router.ts";
import type { BlobReader } from "./blob_source.ts";
import { StalledError } from "./failover_reader.ts";
import { isComplete, type Piece, type PieceWindow } from "./piece_window.ts";

/** How much is read at once, in bytes. */
const SCRATCH_BYTES = 256 * KIB;
/** How many times as long as another source needs for a piece the first one may take before it is asked for twice. */
const LATE_FACTOR = 2;
/** How long a source may bring no byte before it counts as failed, in milliseconds. */
const STALL_MS = 10 * SECOND_MS;

/** What a {@linkcode PieceFiller} works with. */
export interface PieceFillerComponents {
  /** Where the pieces are. */
  window: PieceWindow;
  /** Opens bytes at a source: both ends included. */
  open(source: Provider, span: { start: number; end: number }, signal: AbortSignal): Promise<BlobReader>;
  /** Hears of bytes that have come. */
  onBytes(count: number): void;
}

/** One source that gets one piece. */
interface Attempt {
  piece: Piece;
  source: Provider;
  startedAtMs: number;
  progressAtMs: number;
  controller: AbortController;
}

/** Gets pieces from sources. A piece may be got from two at once, when the first one is late with it. */
export class PieceFiller {
  readonly #components: PieceFillerComponents;
  readonly #stallMs: number;
  readonly #attempts = new Set<Attempt>();
  /** How long the latest piece of a source took, in milliseconds. */
  readonly #pieceMs = new Map<string, number>();

  constructor(components: PieceFillerComponents, { stallMs = STALL_MS }: { stallMs?: number } = {}) {
    this.#components = components;
    this.#stallMs = stallMs;
  }

  /** Returns whether somebody is getting the piece. */
  isBeingFilled(piece: Piece): boolean {
    return this.#attempts.values().some((attempt) => attempt.piece === piece);
  }

  /** Returns the piece that everybody waits for, if this source could have brought it long ago. */
  late(source: Provider): Piece | undefined {
    const { first } = this.#components.window;
    const usualMs = this.#pieceMs.get(source.id);
    if (!first || isComplete(first) || usualMs === undefined) return undefined;
    const attempts = this.#attempts.values().filter(({ piece }) => piece === first).toArray();
    const [only] = attempts;
    if (!only || attempts.length > 1 || only.source.id === source.id) return undefined;
    return performance.now() - only.startedAtMs > LATE_FACTOR * usualMs ? first : undefined;
  }

  /**
   * Gets what is missing of a piece. Returns early when another source completes it.
   *
   * @throws whatever the source fails with.
   */
  async fill(piece: Piece, source: Provider, signal: AbortSignal): Promise<void> {
    const nowMs = performance.now();
    const controller = new AbortController();
    const attempt: Attempt = { piece, source, startedAtMs: nowMs, progressAtMs: nowMs, controller };
    this.#attempts.add(attempt);
    try {
      await this.#read(attempt, AbortSignal.any([signal, controller.signal]));
      this.#pieceMs.set(source.id, performance.now() - nowMs);
    } catch (reason) {
      if (signal.aborted || !isComplete(piece)) throw controller.signal.aborted ? controller.signal.reason : reason;
    } finally {
      this.#attempts.delete(attempt);
    }
  }

  /** Ends the attempts that have brought nothing for too long. */
  cutStalled(): void {
    const nowMs = performance.now();
    for (const { controller, progressAtMs } of this.#attempts) {
      if (nowMs - progressAtMs >= this.#stallMs) controller.abort(new StalledError(this.#stallMs));
    }
  }

  async #read(attempt: Attempt, signal: AbortSignal): Promise<void> {
    const { window, open, onBytes } = this.#components;
    const { piece, source } = attempt;
    let offset = piece.filled;
    const reader = await open(source, { start: piece.start + offset, end: piece.end - 1 }, signal);
    const cancel = () => reader.cancel(signal.reason).catch(() => {}); // it failed already
    using _ = onAbort(signal, cancel);
    try {
      let scratch = new ArrayBuffer(SCRATCH_BYTES);
      while (!isComplete(piece)) {
        const { done, value } = await reader.read(new Uint8Array(scratch));
        signal.throwIfAborted();
        if (done) throw new TypeError("Cannot read on: the peer ended the piece early");
        attempt.progressAtMs = performance.now();
        const before = piece.filled;
        window.fill(piece, offset, value);
        offset += value.length;
        scratch = value.buffer;
        onBytes(piece.filled - before);
      }
      this.#endOthers(attempt);
    } finally {
      cancel();
    }
  }

  #endOthers(winner: Attempt): void {
    for (const { piece, controller } of this.#attempts) {
      if (piece === winner.piece && controller !== winner.controller) {
        controller.abort(new DOMException("Another source was faster", "AbortError"));
      }
    }
  }
}
