import type { Connection, Stream } from "@libp2p/interface";
import type { CallOptions } from "../../core/call_options.ts";
import { abortable, deadline } from "../../core/deadline.ts";
import { errorMessage } from "../../core/errors.ts";
import { SECOND_MS } from "../../core/units.ts";
import { FrameStream } from "./frame_stream.ts";
import {
  decodeNodeMessage,
  encodeNodeMessage,
  NODE_MESSAGE_MAX_BYTES,
  NODE_PROTOCOL,
  type NodeMessage,
} from "./node_message.ts";

/** What a {@linkcode NodeProtocol} tells and hears. */
export interface NodeProtocolComponents {
  /** Makes the message that this node sends. */
  self(): NodeMessage;
  /** Takes the message of another node. */
  heard(message: NodeMessage, connection: Connection): void;
}

/** How long an exchange may take. */
const EXCHANGE_TIMEOUT_MS = 5 * SECOND_MS;

/**
 * Peili nodes telling each other what the DHT has no room for: one message there, one back.
 *
 * The node that opened the connection begins. A later version adds fields, which older ones ignore.
 */
export class NodeProtocol {
  readonly #components: NodeProtocolComponents;

  constructor(components: NodeProtocolComponents) {
    this.#components = components;
  }

  /** Answers an incoming message. */
  handle(stream: Stream, connection: Connection): void {
    const timer = setTimeout(() => frames.abort(new Error("the node is late")), EXCHANGE_TIMEOUT_MS);
    const frames = new FrameStream(stream, {
      maxFrameBytes: NODE_MESSAGE_MAX_BYTES,
      onFrame: (frame) => {
        const message = decodeNodeMessage(frame);
        frames.send(encodeNodeMessage(this.#components.self()));
        frames.close();
        this.#components.heard(message, connection);
      },
      onEnd: () => clearTimeout(timer),
    });
  }

  /**
   * Sends this node's message and takes the one that comes back.
   *
   * @param message What to send instead of the usual message.
   * @throws {Error} If the other node does not answer in time, or not in the protocol.
   */
  async exchange(connection: Connection, options: CallOptions & { message?: NodeMessage } = {}): Promise<void> {
    const { message = this.#components.self() } = options;
    const signal = deadline(EXCHANGE_TIMEOUT_MS, options.signal);
    const stream = await connection.newStream([NODE_PROTOCOL], { signal });
    const { promise: answer, resolve, reject } = Promise.withResolvers<Uint8Array>();
    answer.catch(() => {});
    const frames = new FrameStream(stream, {
      maxFrameBytes: NODE_MESSAGE_MAX_BYTES,
      onFrame: resolve,
      onEnd: () => reject(new Error("the stream ended")),
    });
    try {
      frames.send(encodeNodeMessage(message));
      const bytes = await abortable(answer, signal);
      frames.close();
      this.#components.heard(decodeNodeMessage(bytes), connection);
    } catch (reason) {
      frames.abort(reason);
      const id = connection.remotePeer.toString();
      throw new Error(`Cannot exchange messages with node "${id}": ${errorMessage(reason)}`, { cause: reason });
    }
  }
}
