import type { FrameStream } from "./frame_stream.ts";

/** Ends streams that have not been used for a while. */
export class StreamReaper implements Disposable {
  readonly #idleMs: number;
  readonly #streams = new Set<FrameStream>();
  readonly #timer: ReturnType<typeof setInterval>;

  /** @param idleMs How long a stream may be unused, in milliseconds; it may take half as long again until it ends. */
  constructor(idleMs: number) {
    this.#idleMs = idleMs;
    this.#timer = setInterval(() => this.#reap(), idleMs / 2);
  }

  /** Looks after a stream from now on. */
  add(stream: FrameStream): void {
    this.#streams.add(stream);
  }

  /** Lets a stream go that has ended. */
  delete(stream: FrameStream): void {
    this.#streams.delete(stream);
  }

  #reap(): void {
    const oldestMs = Date.now() - this.#idleMs;
    for (const stream of this.#streams) {
      if (stream.lastActiveMs < oldestMs) stream.close();
    }
  }

  /** Resets every stream. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    for (const stream of this.#streams) stream.abort(new Error("the node stops"));
    this.#streams.clear();
  }
}
