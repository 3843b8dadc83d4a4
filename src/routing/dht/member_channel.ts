import type { Stream } from "@libp2p/interface";
import { abortable } from "../../core/deadline.ts";
import { FrameStream } from "./frame_stream.ts";
import { decodeMemberFrame, encodeMemberFrame, MEMBER_FRAME_MAX_BYTES } from "./member_frame.ts";

/** How many requests may wait for the answers of one member at once. */
const WAITING_MAX = 64;
/** Numbers of requests begin again after this one. */
const ID_MAX = 2 ** 32 - 1;

/** One open stream to a member, for one protocol. Answers may come in any order. */
export class MemberChannel {
  /** The stream below. */
  readonly frames: FrameStream;
  readonly #waiting = new Map<number, PromiseWithResolvers<Uint8Array>>();
  #lastId = 0;

  /** @param onEnd Told once, when the stream has ended. */
  constructor(stream: Stream, onEnd: () => void) {
    this.frames = new FrameStream(stream, {
      maxFrameBytes: MEMBER_FRAME_MAX_BYTES,
      onFrame: (frame) => this.#take(frame),
      onEnd: () => {
        onEnd();
        for (const { reject } of this.#waiting.values()) reject(new Error("the stream ended before the answer"));
        this.#waiting.clear();
      },
    });
  }

  /**
   * Sends a message and returns the answer.
   *
   * @throws {Error} If the stream ends before the answer, the member refuses, or too many requests wait already.
   * @throws the signal's reason, once it aborts.
   */
  async request(message: Uint8Array, { signal }: { signal: AbortSignal }): Promise<Uint8Array> {
    if (this.#waiting.size >= WAITING_MAX) throw new Error("too many requests wait for it");
    const id = this.#lastId = this.#lastId === ID_MAX ? 1 : this.#lastId + 1;
    const answer = Promise.withResolvers<Uint8Array>();
    answer.promise.catch(() => {}); // whoever waits for it may have given up by then
    this.#waiting.set(id, answer);
    try {
      this.frames.send(encodeMemberFrame({ id, refused: false, message }));
      return await abortable(answer.promise, signal);
    } finally {
      this.#waiting.delete(id);
    }
  }

  /** An answer that nobody waits for any more is late, and no fault. */
  #take(frame: Uint8Array): void {
    const { id, refused, message } = decodeMemberFrame(frame);
    const waiting = this.#waiting.get(id);
    if (refused) waiting?.reject(new Error("it has no answer to this message"));
    else waiting?.resolve(message);
  }
}
