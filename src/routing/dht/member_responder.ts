import type { Connection, Libp2p, Stream } from "@libp2p/interface";
import { getLogger } from "@logtape/logtape";
import { abortable } from "../../core/deadline.ts";
import { errorMessage } from "../../core/errors.ts";
import { MEMBER_MESSAGE_MAX_BYTES, type Responder } from "../members.ts";
import { INBOUND_STREAM_IDLE_MS, MEMBER_TIMEOUT_MS } from "./constants.ts";
import { FrameStream } from "./frame_stream.ts";
import { decodeMemberFrame, encodeMemberFrame, MEMBER_FRAME_MAX_BYTES, type MemberFrame } from "./member_frame.ts";
import { StreamReaper } from "./stream_reaper.ts";

/** How many streams of one protocol a connection may have open to this node. */
const STREAMS_PER_CONNECTION = 4;
/** How many messages of one stream may be worked on at once; more are refused. */
const WORKING_PER_STREAM_MAX = 64;

const logger = getLogger(["peili", "routing"]);

/** Answers the messages of members, each protocol with its own function. */
export class MemberResponder implements Disposable {
  readonly #host: Libp2p;
  readonly #onChange: () => void;
  readonly #responders = new Map<string, Responder>();
  readonly #told = new Set<string>();
  readonly #reaper = new StreamReaper(INBOUND_STREAM_IDLE_MS);

  /** @param onChange Told when the list of protocols has changed. */
  constructor(components: { host: Libp2p; onChange(): void }) {
    this.#host = components.host;
    this.#onChange = components.onChange;
  }

  /** The protocols that are answered and told of. */
  protocols(): string[] {
    return [...this.#told];
  }

  /**
   * Answers a protocol from now on, and has members told of it.
   *
   * @throws {RangeError} If the protocol is answered already.
   */
  respond(protocol: string, responder: Responder): Disposable {
    const answering = this.answer(protocol, responder);
    this.#told.add(protocol);
    this.#onChange();
    return {
      [Symbol.dispose]: () => {
        answering[Symbol.dispose]();
        if (this.#told.delete(protocol)) this.#onChange();
      },
    };
  }

  /**
   * Answers a protocol of which members need not be told.
   *
   * @throws {RangeError} If the protocol is answered already.
   */
  answer(protocol: string, responder: Responder): Disposable {
    if (this.#responders.has(protocol)) throw new RangeError(`Cannot answer "${protocol}" twice`);
    this.#responders.set(protocol, responder);
    const options = { maxInboundStreams: STREAMS_PER_CONNECTION };
    const failed = (reason: unknown) =>
      logger.warn("Cannot tell libp2p of {protocol}: {error}", { protocol, error: errorMessage(reason) });
    this.#host.handle(protocol, (stream, connection) => this.#serve(protocol, stream, connection), options)
      .catch(failed);
    return {
      [Symbol.dispose]: () => {
        if (this.#responders.delete(protocol)) this.#host.unhandle(protocol).catch(failed);
      },
    };
  }

  #serve(protocol: string, stream: Stream, connection: Connection): void {
    const from = connection.remotePeer.toString();
    let working = 0;
    const frames = new FrameStream(stream, {
      maxFrameBytes: MEMBER_FRAME_MAX_BYTES,
      onFrame: (frame) => {
        const request = decodeMemberFrame(frame); // what it throws resets the stream
        const answering = working < WORKING_PER_STREAM_MAX
          ? this.#answer(protocol, request, from)
          : Promise.resolve(refusal(request));
        working++;
        answering.then((answer) => frames.ended ? undefined : frames.send(encodeMemberFrame(answer)))
          .catch((reason) => frames.abort(reason))
          .finally(() => working--);
      },
      onEnd: () => this.#reaper.delete(frames),
    });
    this.#reaper.add(frames);
  }

  async #answer(protocol: string, request: MemberFrame, from: string): Promise<MemberFrame> {
    try {
      const responder = this.#responders.get(protocol);
      if (!responder) return refusal(request);
      const answering = (async () => await responder(request.message, from))();
      const message = await abortable(answering, AbortSignal.timeout(MEMBER_TIMEOUT_MS));
      if (message.length > MEMBER_MESSAGE_MAX_BYTES) throw new RangeError("the answer is too long");
      return { ...request, message };
    } catch (reason) {
      logger.debug("No answer to {from} in {protocol}: {error}", { from, protocol, error: errorMessage(reason) });
      return refusal(request);
    }
  }

  /** Ends every stream. */
  [Symbol.dispose](): void {
    this.#responders.clear();
    this.#reaper[Symbol.dispose]();
  }
}

function refusal({ id }: MemberFrame): MemberFrame {
  return { id, refused: true, message: new Uint8Array() };
}
