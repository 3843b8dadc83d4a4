import type { MessageStream, StreamMuxer, StreamMuxerFactory } from "@libp2p/interface";
import { SECOND_MS } from "../../core/units.ts";

/** The multiplexer of one connection, as far as it matters here. */
export interface BeatingMuxer {
  /** Whether it still works. */
  readonly status: "open" | "closing" | "closed";
  /** Asks the other end for a sign of life. */
  ping(options: { signal: AbortSignal }): Promise<unknown>;
  /** Ends it at once. */
  abort(error: Error): void;
}

/** What carries a multiplexer, as far as it matters here. */
export type BeatingConnection = Pick<MessageStream, "addEventListener" | "abort">;

/** How a {@linkcode Heartbeat} keeps time. */
export interface HeartbeatOptions {
  /** How long a connection may be silent before the other end is asked, in milliseconds. @default {10_000} */
  silenceMs?: number;
  /** How long the other end has to answer: long enough for a node that is busy. @default {10_000} */
  answerMs?: number;
}

/** How often it is looked for silent connections within that time. */
const TURNS = 40;
/** By which share of it the other end may be asked earlier. */
const EARLIER = 0.3;

interface Watched {
  muxer: BeatingMuxer;
  connection: BeatingConnection;
  /** When it is silent for too long; not while an answer is waited for. */
  dueMs: number;
  /** Aborts when the connection ends. */
  ended: AbortController;
}

/**
 * Notices connections whose other end is gone without a word.
 *
 * It pings on the level of the multiplexer, which takes a few bytes each way, and only where nothing else has come for a
 * while. The monitor of libp2p opens and negotiates a stream for every ping and pings all connections at the same
 * moment: that held up a node with 50 of them for some 150 ms every time, and was nearly all that an idle node did.
 */
export class Heartbeat {
  readonly #options: Required<HeartbeatOptions>;
  readonly #watched = new Set<Watched>();
  /** Runs as long as there are connections. */
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(options: HeartbeatOptions = {}) {
    const { silenceMs = 10 * SECOND_MS, answerMs = 10 * SECOND_MS } = options;
    this.#options = { silenceMs, answerMs };
  }

  /** Returns a maker of multiplexers whose connections are looked after from the beginning. */
  beating<M extends BeatingMuxer & StreamMuxer>(factory: StreamMuxerFactory<M>): StreamMuxerFactory<M> {
    return {
      protocol: factory.protocol,
      createStreamMuxer: (connection) => {
        const muxer = factory.createStreamMuxer(connection);
        this.watch(muxer, connection);
        return muxer;
      },
    };
  }

  /** Looks after a connection until it ends. */
  watch(muxer: BeatingMuxer, connection: BeatingConnection): void {
    const watched = { muxer, connection, dueMs: this.#nextMs(), ended: new AbortController() };
    this.#watched.add(watched);
    this.#timer ??= setInterval(() => this.#look(), this.#options.silenceMs / TURNS);
    connection.addEventListener("message", () => watched.dueMs = Math.max(watched.dueMs, this.#nextMs()));
    connection.addEventListener("close", () => this.#ended(watched));
  }

  /** By chance a little earlier: the first of the two ends that asks spares the other one the question. */
  #nextMs(): number {
    return Date.now() + this.#options.silenceMs * (1 - Math.random() * EARLIER);
  }

  #ended(watched: Watched): void {
    watched.ended.abort(new Error("the connection ended"));
    this.#watched.delete(watched);
    if (this.#watched.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    const nowMs = Date.now();
    for (const watched of this.#watched) {
      if (watched.muxer.status === "closed") this.#ended(watched);
      else if (watched.dueMs <= nowMs && watched.muxer.status === "open") void this.#ask(watched);
    }
  }

  async #ask(watched: Watched): Promise<void> {
    const { muxer, connection, ended } = watched;
    watched.dueMs = Infinity;
    const silent = new AbortController();
    const timer = setTimeout(() => silent.abort(new Error("the other end is silent")), this.#options.answerMs);
    try {
      await muxer.ping({ signal: AbortSignal.any([silent.signal, ended.signal]) });
      watched.dueMs = this.#nextMs();
    } catch (reason) {
      const error = reason instanceof Error ? reason : new Error(String(reason));
      muxer.abort(error);
      connection.abort(error);
      this.#ended(watched);
    } finally {
      clearTimeout(timer);
    }
  }
}
