import type { Stream } from "@libp2p/interface";
import type { CallOptions } from "../../core/call_options.ts";
import { KIB } from "../../core/units.ts";
import { encodeFrame, FrameDecoder } from "./frame_decoder.ts";

/** How a {@linkcode FrameStream} is read. */
export interface FrameStreamOptions {
  /** The longest frame that is accepted, in bytes. */
  maxFrameBytes: number;
  /** Takes a frame. The stream is reset when it throws. */
  onFrame(frame: Uint8Array): void;
  /** Told once, when nothing can be read any more. */
  onEnd?(): void;
}

/** How many bytes are handed to the stream at once when many frames are sent. */
const CHUNK_BYTES = 32 * KIB;

/**
 * A libp2p stream of frames.
 *
 * Frames are taken within the event that brings them, so that nothing is queued here: a peer that sends faster than
 * it is served fills its own window and no more.
 */
export class FrameStream {
  readonly #stream: Stream;
  #ended = false;
  /** When a frame was last read or sent, in milliseconds since 1970. */
  lastActiveMs: number = Date.now();

  constructor(stream: Stream, options: FrameStreamOptions) {
    const { maxFrameBytes, onFrame, onEnd } = options;
    const decoder = new FrameDecoder(maxFrameBytes);
    const end = () => {
      if (this.#ended) return;
      this.#ended = true;
      onEnd?.();
    };
    this.#stream = stream;
    stream.addEventListener("close", end);
    stream.addEventListener("remoteCloseWrite", () => {
      end();
      this.close();
    });
    stream.addEventListener("message", ({ data }) => {
      this.lastActiveMs = Date.now();
      try {
        for (const frame of decoder.decode(data.subarray())) onFrame(frame);
      } catch (reason) {
        this.abort(reason);
      }
    });
    if (stream.status !== "open") queueMicrotask(end);
  }

  /** Whether the stream can no longer be used. */
  get ended(): boolean {
    return this.#ended || this.#stream.writeStatus !== "writable";
  }

  /**
   * Sends one frame. A peer that does not read has the stream reset when its buffer is full.
   *
   * @throws {Error} If the stream has ended.
   */
  send(frame: Uint8Array): void {
    this.lastActiveMs = Date.now();
    this.#stream.send(encodeFrame(frame));
  }

  /**
   * Sends many frames, no faster than the peer takes them.
   *
   * @throws {Error} If the stream ends before all are sent.
   */
  async sendAll(frames: Iterable<Uint8Array>, { signal }: CallOptions = {}): Promise<void> {
    let [parts, bytes]: [Uint8Array[], number] = [[], 0];
    const flush = async () => {
      if (!this.#stream.send(join(parts, bytes))) await this.#stream.onDrain({ signal });
      [parts, bytes] = [[], 0];
      this.lastActiveMs = Date.now();
      signal?.throwIfAborted();
    };
    for (const frame of frames) {
      const part = encodeFrame(frame);
      parts.push(part);
      bytes += part.length;
      if (bytes >= CHUNK_BYTES) await flush();
    }
    if (bytes > 0) await flush();
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

function join(parts: readonly Uint8Array[], bytes: number): Uint8Array {
  const joined = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
