import type { Stream } from "@libp2p/interface";
import type { CallOptions } from "../../core/call_options.ts";
import { abortable } from "../../core/deadline.ts";
import { MIB, SECOND_MS } from "../../core/units.ts";
import { FrameStream } from "./frame_stream.ts";
import { decodeKadMessage, encodeKadMessage, type KadMessage } from "./kad_message.ts";

/** How long a peer may take to answer before the stream is given up. */
const ANSWER_TIMEOUT_MS = 2 * SECOND_MS;
/** How many questions may wait for their answers at once. */
const WAITING_MAX = 64;
/** The longest answer that is read: Go nodes name every provider that they know. */
const ANSWER_MAX_BYTES = MIB;

/** How {@linkcode KadChannel.request} asks. */
export interface KadRequestOptions extends CallOptions {
  /** Gives up waiting. */
  signal: AbortSignal;
  /** Encoded announcements that go before the question, in one piece with it: they have no answer of their own. */
  ahead?: readonly Uint8Array[];
}

interface Waiting {
  resolve(answer: Required<KadMessage>): void;
  reject(reason: unknown): void;
  timer: ReturnType<typeof setTimeout>;
}

/** One open stream to a node of the DHT. Questions are answered in the order in which they were asked. */
export class KadChannel {
  /** The stream below. */
  readonly frames: FrameStream;
  readonly #waiting: Waiting[] = [];

  /** @param onEnd Told once, when the stream has ended. */
  constructor(stream: Stream, onEnd: () => void) {
    this.frames = new FrameStream(stream, {
      maxFrameBytes: ANSWER_MAX_BYTES,
      onFrame: (frame) => this.#take(decodeKadMessage(frame)),
      onEnd: () => {
        onEnd();
        for (const { reject, timer } of this.#waiting.splice(0)) {
          clearTimeout(timer);
          reject(new Error("Cannot ask a peer: the stream ended before its answer"));
        }
      },
    });
  }

  /**
   * Asks, and returns the answer.
   *
   * @throws {Error} If the stream ends before the answer, or too many questions wait already.
   */
  async request(message: KadMessage, options: KadRequestOptions): Promise<Required<KadMessage>> {
    if (this.#waiting.length >= WAITING_MAX) throw new Error("Cannot ask a peer: too many questions wait for it");
    const { promise, resolve, reject } = Promise.withResolvers<Required<KadMessage>>();
    const timer = setTimeout(() => this.frames.abort(new Error("the peer answers late")), ANSWER_TIMEOUT_MS);
    const waiting = { resolve, reject, timer };
    this.#waiting.push(waiting);
    try {
      this.frames.send(...options.ahead ?? [], encodeKadMessage(message));
    } catch (reason) {
      clearTimeout(timer);
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      throw reason;
    }
    return await abortable(promise, options.signal);
  }

  #take(answer: Required<KadMessage>): void {
    const waiting = this.#waiting.shift();
    if (!waiting) throw new Error("the peer answers without being asked");
    clearTimeout(waiting.timer);
    waiting.resolve(answer);
  }
}
