import type { Stream } from "@libp2p/interface";
import type { CallOptions } from "../../core/call_options.ts";
import { sleep } from "../../core/deadline.ts";
import { onAbort } from "../../core/on_abort.ts";
import { KIB } from "../../core/units.ts";
import { encodeFrame, FrameDecoder } from "./frame_decoder.ts";
import { Slots } from "./slots.ts";

/** How a {@linkcode FrameStream} is read. */
export interface FrameStreamOptions {
  /** The longest frame that is accepted, in bytes. */
  maxFrameBytes: number;
  /** Takes a frame. The stream is reset when it throws. */
  onFrame(frame: Uint8Array): void;
  /** Told once, when nothing can be read any more. */
  onEnd?(): void;
  /** Tells how long to wait before more frames are taken, in milliseconds. @default {() => 0} */
  waitMs?(): number;
}

/** How {@linkcode FrameStream.sendAll} sends. */
export interface SendAllOptions extends CallOptions {
  /** Has one slot. */
  turns?: Slots;
}

/** How many bytes are handed to the stream at once when many frames are sent: between two chunks others get their turn. */
const CHUNK_BYTES = 8 * KIB;

/** After how many frames other work gets its turn: reading on may take long when many come at once. */
const FRAMES_PER_TURN = 128;

/**
 * A libp2p stream of frames.
 *
 * Frames are taken as they come and are not queued: while they are, the stream is paused, so that a peer that sends
 * faster than it is served fills its own window and no more.
 */
export class FrameStream {
  readonly #stream: Stream;
  readonly #onFrame: (frame: Uint8Array) => void;
  readonly #onEnd: () => void;
  readonly #waitMs: () => number;
  #remoteEnded = false;
  #taking = false;
  #ended = false;
  /** When a frame was last read or sent, in milliseconds since 1970. */
  lastActiveMs: number = Date.now();

  constructor(stream: Stream, options: FrameStreamOptions) {
    const { maxFrameBytes, onFrame, onEnd = () => {}, waitMs = () => 0 } = options;
    const decoder = new FrameDecoder(maxFrameBytes);
    this.#stream = stream;
    this.#onFrame = onFrame;
    this.#onEnd = onEnd;
    this.#waitMs = waitMs;
    stream.addEventListener("close", () => this.#end());
    stream.addEventListener("remoteCloseWrite", () => {
      this.#remoteEnded = true;
      this.#endIfRead();
    });
    stream.addEventListener("message", ({ data }) => {
      this.lastActiveMs = Date.now();
      this.#take(decoder.decode(plain(data.subarray())));
    });
    if (stream.status !== "open") queueMicrotask(() => this.#end());
  }

  /** Whether the stream can no longer be used. */
  get ended(): boolean {
    return this.#ended || this.#stream.writeStatus !== "writable";
  }

  /**
   * Sends a frame, or a few in one piece. A peer that does not read has the stream reset when its buffer is full.
   *
   * @throws {Error} If the stream has ended.
   */
  send(...frames: readonly Uint8Array[]): void {
    this.lastActiveMs = Date.now();
    const parts = frames.map(encodeFrame);
    this.#stream.send(join(parts, parts.reduce((bytes, { length }) => bytes + length, 0)));
  }

  /**
   * Sends many frames, no faster than the peer takes them, and a few in each turn of the event loop.
   *
   * @param turns The slot of all streams that send many frames: where each sent some, they would hold the loop up together.
   * @throws {Error} If the stream ends before all are sent.
   */
  async sendAll(frames: Iterable<Uint8Array>, { signal, turns = new Slots(1) }: SendAllOptions = {}): Promise<void> {
    const left = frames[Symbol.iterator]();
    const turn = async () => {
      const more = this.#sendSome(left);
      await sleep(0, signal);
      return more;
    };
    while (await turns.run(turn, { signal })) {
      if (this.#stream.writeBufferLength > 0) await this.#sent({ signal });
    }
    if (this.#stream.writeBufferLength > 0) await this.#sent({ signal });
  }

  /** Sends the next frames and returns whether there may be more. */
  #sendSome(left: Iterator<Uint8Array>): boolean {
    const parts: Uint8Array[] = [];
    let [bytes, next] = [0, left.next()];
    for (; !next.done; next = left.next()) {
      const part = encodeFrame(next.value);
      parts.push(part);
      bytes += part.length;
      if (bytes >= CHUNK_BYTES) break;
    }
    if (bytes > 0) this.#stream.send(join(parts, bytes));
    this.lastActiveMs = Date.now();
    return !next.done;
  }

  /**
   * Waits until everything is on its way.
   *
   * The stream's own `onDrain` is of no use: the promise that it returns is made once, and stays resolved.
   */
  async #sent({ signal }: CallOptions): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onSent = () => resolve();
    const onClose = () => reject(new Error("Cannot send: the stream has ended"));
    this.#stream.addEventListener("idle", onSent);
    this.#stream.addEventListener("close", onClose);
    using _ = onAbort(signal, () => reject(signal?.reason));
    try {
      await promise;
    } finally {
      this.#stream.removeEventListener("idle", onSent);
      this.#stream.removeEventListener("close", onClose);
    }
  }

  /** Takes some of the frames that have come, and the others in the next turn. */
  #take(frames: Generator<Uint8Array>): void {
    try {
      for (let taken = 0; taken < FRAMES_PER_TURN && this.#waitMs() === 0; taken++) {
        const { done, value } = frames.next();
        if (done) return this.#taken();
        this.#onFrame(value);
      }
      this.#taking = true;
      if (this.#stream.readStatus === "readable") this.#stream.pause();
      setTimeout(() => this.#ended ? undefined : this.#take(frames), this.#waitMs());
    } catch (reason) {
      this.abort(reason);
    }
  }

  #taken(): void {
    this.#taking = false;
    if (this.#stream.readStatus === "paused") this.#stream.resume(); // brings the next bytes at once if there are any
    this.#endIfRead();
  }

  #endIfRead(): void {
    if (!this.#remoteEnded || this.#taking || this.#stream.readBufferLength > 0) return;
    this.#end();
    this.close();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#onEnd();
  }

  /** Ends the stream in order, without waiting for it. */
  close(): void {
    this.#stream.close({ signal: AbortSignal.timeout(1_000) }).catch((reason) => this.abort(reason));
  }

  /** Resets the stream. */
  abort(reason: unknown): void {
    this.#stream.abort(reason instanceof Error ? reason : new Error(String(reason)));
  }
}

/** The same bytes as no `Buffer`, whose `slice` would not copy and keep the whole chunk in memory. */
function plain({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function join(parts: readonly Uint8Array[], bytes: number): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const joined = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
