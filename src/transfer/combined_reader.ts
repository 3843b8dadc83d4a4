import { getLogger } from "@logtape/logtape";
import { errorMessage } from "../core/errors.ts";
import { KIB, MIB, SECOND_MS } from "../core/units.ts";
import type { Provider } from "../routing/router.ts";
import type { BlobReader } from "./blob_source.ts";
import { StalledError } from "./failover_reader.ts";
import { PieceFiller } from "./piece_filler.ts";
import { isComplete, type Piece, PieceWindow } from "./piece_window.ts";
import { SourceCount } from "./source_count.ts";

/** The size of a piece: small enough to be held, large enough that asking for it costs little, in bytes. */
const PIECE_BYTES = 2 * MIB;
/** How many pieces of a body are held at once. */
const PIECES_MAX = 4;
/** The most sources of a body. */
const SOURCES_MAX = 4;
/** How often in a row a source may fail: once more, as a connection can break that another one survives. */
const FAILURES_MAX = 2;
/** How often it is seen whether the number of sources is right, and whether one of them stalls, in milliseconds. */
const STEP_MS = SECOND_MS / 2;
/** The buffer for a consumer that brings none of its own, in bytes. */
const BUFFER_BYTES = 64 * KIB;

const logger = getLogger(["peili", "transfer"]);

/** What a {@linkcode combinedReader} works with. */
export interface CombinedSources {
  /** Finds a source that was not found before; undefined when there is no other. Aborting the signal ends the search. */
  next(signal: AbortSignal): Promise<Provider | undefined>;
  /** Opens bytes at a source: both ends included. */
  open(source: Provider, span: { start: number; end: number }, signal: AbortSignal): Promise<BlobReader>;
}

/** Which bytes a {@linkcode combinedReader} reads, and what is known of the first source. */
export interface CombinedReaderOptions {
  /** The first byte. */
  start: number;
  /** The byte behind the last. */
  end: number;
  /** The source that was read from so far, and how fast it was, in bytes per second. */
  first: { source: Provider; rate: number };
  /** How long a source may bring no byte before it counts as failed, in milliseconds. @default {10_000} */
  stallMs?: number;
}

/**
 * Reads bytes of a blob from several sources at once, in pieces that are put into their order.
 *
 * One more source is added as long as that makes it faster. It never holds more than its window of pieces, and asks for
 * no more while nobody reads them. It fails when no source is left.
 */
export function combinedReader(sources: CombinedSources, options: CombinedReaderOptions): BlobReader {
  const body = new CombinedBody(sources, options);
  return new ReadableStream(body, { highWaterMark: 0 }).getReader({ mode: "byob" });
}

class CombinedBody implements UnderlyingByteSource {
  readonly type = "bytes";
  readonly autoAllocateChunkSize = BUFFER_BYTES;
  readonly #sources: CombinedSources;
  readonly #window: PieceWindow;
  readonly #count: SourceCount;
  readonly #filler: PieceFiller;
  readonly #ended = new AbortController();
  readonly #workers = new Set<Promise<void>>();
  readonly #timer: ReturnType<typeof setInterval>;
  /** Pieces that their source did not complete. */
  readonly #abandoned: Piece[] = [];
  #exhausted = false;
  #failure: unknown;
  #changed = Promise.withResolvers<void>();
  #enlisting = false;
  /** What has come since the sources changed, or were judged. */
  #measured = { bytes: 0, sinceMs: performance.now() };

  constructor(sources: CombinedSources, { start, end, first, stallMs }: CombinedReaderOptions) {
    this.#sources = sources;
    this.#window = new PieceWindow({ start, end }, { pieceBytes: PIECE_BYTES, piecesMax: PIECES_MAX });
    this.#count = new SourceCount(SOURCES_MAX, first.rate);
    this.#filler = new PieceFiller({
      window: this.#window,
      open: (source, span, signal) => sources.open(source, span, signal),
      onBytes: (count) => {
        this.#measured.bytes += count;
        this.#wake();
      },
    }, { stallMs });
    this.#timer = setInterval(() => this.#adapt(), STEP_MS);
    this.#start(first.source);
    this.#enlist();
  }

  async pull(controller: ReadableByteStreamController): Promise<void> {
    const request = controller.byobRequest;
    if (!request?.view) return; // never: autoAllocateChunkSize brings a view to every pull
    const { buffer, byteOffset, byteLength } = request.view;
    const view = new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
    for (;;) {
      const count = this.#window.read(view);
      if (count > 0) {
        this.#wake(); // there is room for another piece
        request.respond(count);
        if (!this.#window.done) return;
        controller.close();
        return this.#end();
      }
      if (this.#ended.signal.aborted) return;
      if (this.#workers.size === 0 && this.#exhausted) {
        this.#end();
        throw this.#failure ?? new Error("Cannot read on: no source is left");
      }
      await this.#changed.promise;
    }
  }

  cancel(): void {
    this.#end();
  }

  #end(): void {
    clearInterval(this.#timer);
    this.#ended.abort(new DOMException("The body ended", "AbortError"));
    this.#wake();
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** Looks for sources until there are as many as are worth using. */
  async #enlist(): Promise<void> {
    if (this.#enlisting) return;
    this.#enlisting = true;
    try {
      while (this.#workers.size < this.#count.count && !this.#exhausted && !this.#ended.signal.aborted) {
        const source = await this.#sources.next(this.#ended.signal);
        if (source) this.#start(source);
        else this.#exhausted = true;
      }
    } catch (reason) {
      this.#failure = reason;
      this.#exhausted = true;
    }
    this.#enlisting = false;
    this.#wake();
  }

  #start(source: Provider): void {
    const worker = this.#work(source).catch((reason) => {
      if (this.#ended.signal.aborted) return;
      this.#failure = reason;
      logger.info("Peer {peer} gives no more pieces: {reason}", { peer: source.id, reason: errorMessage(reason) });
    }).finally(() => {
      this.#workers.delete(worker);
      this.#wake();
      this.#enlist();
    });
    this.#workers.add(worker);
    this.#measured = { bytes: 0, sinceMs: performance.now() };
  }

  /** Gets one piece after the other from a source, as long as it is wanted and does not fail time and again. */
  async #work(source: Provider): Promise<void> {
    let failures = 0;
    while (!this.#ended.signal.aborted && this.#workers.size <= this.#count.count) {
      const piece = this.#abandoned.shift() ?? this.#window.claim() ?? this.#filler.late(source);
      if (!piece) {
        if (this.#window.done) return;
        await this.#changed.promise;
        continue;
      }
      try {
        await this.#filler.fill(piece, source, this.#ended.signal);
        failures = 0;
      } catch (reason) {
        if (this.#ended.signal.aborted || reason instanceof StalledError || ++failures === FAILURES_MAX) throw reason;
      } finally {
        if (!isComplete(piece) && !this.#filler.isBeingFilled(piece)) this.#abandoned.push(piece);
      }
    }
  }

  #adapt(): void {
    const elapsedMs = performance.now() - this.#measured.sinceMs;
    const rate = this.#measured.bytes / elapsedMs * SECOND_MS;
    this.#filler.cutStalled();
    this.#wake(); // somebody may have become late
    if (elapsedMs < STEP_MS) return; // the sources have just changed
    this.#measured = { bytes: 0, sinceMs: performance.now() };
    if (this.#window.full) return; // the reader is what is slow
    if (this.#workers.size === this.#count.count) this.#count.observe(rate);
    this.#enlist();
  }
}
