import { yamux } from "@chainsafe/libp2p-yamux";
import type { StreamMuxer } from "@libp2p/interface";

/** How {@linkcode frugalYamux} multiplexes. */
export type FrugalYamuxOptions = NonNullable<Parameters<typeof yamux>[0]> & {
  /** The window of every stream, which must not grow: a peer is given new credit for half of it at once, in bytes. */
  windowBytes: number;
};

/** The head of a frame, as the library has it. */
interface FrameHead {
  type: number;
  flag: number;
  streamID: number;
  length: number;
}

/** What sends all frames of a connection: not part of the library's interface. */
const SEND_FRAME = "sendFrame";
/** The type of the frames that give credit, or say that a stream begins or ends. */
const WINDOW_UPDATE = 1;
/** The flag of a frame after which nothing comes. */
const RESET = 8;
/** For how many streams credit is kept back, beside the ones that are open: those that ended do not say so here. */
const OWED_SPARE = 64;

/**
 * Makes yamux that gives a peer new credit when half of its window is used up, as Go's does. The library gives it with
 * every message: each question and each answer of some bytes costs one more frame each.
 */
export function frugalYamux({ windowBytes, ...init }: FrugalYamuxOptions): ReturnType<typeof yamux> {
  const create = yamux({ ...init, streamOptions: { ...init.streamOptions, maxStreamWindowSize: windowBytes } });
  return () => {
    const factory = create();
    return {
      protocol: factory.protocol,
      createStreamMuxer(stream) {
        const muxer = factory.createStreamMuxer(stream);
        keepCreditBack(muxer, windowBytes / 2);
        return muxer;
      },
    };
  };
}

/** Has a muxer add up credit until it is worth a frame. A later library without this place keeps its own way. */
function keepCreditBack(muxer: StreamMuxer, worthBytes: number): void {
  const method: unknown = Reflect.get(muxer, SEND_FRAME);
  if (typeof method !== "function") return;
  const owed = new Map<number, number>();
  const send = (head: FrameHead, data?: unknown): unknown => method.call(muxer, head, data);
  Reflect.set(muxer, SEND_FRAME, (head: FrameHead, data?: unknown) => {
    const { type, flag, streamID, length } = head;
    if (type !== WINDOW_UPDATE) return send(head, data);
    if ((flag & RESET) !== 0) owed.delete(streamID);
    if (flag !== 0) return send(head);
    const bytes = length + (owed.get(streamID) ?? 0);
    owed.delete(streamID);
    if (bytes >= worthBytes) return send({ ...head, length: bytes });
    owed.set(streamID, bytes);
    if (owed.size > muxer.streams.length + OWED_SPARE) owed.delete(owed.keys().next().value!);
    return true;
  });
}
