import * as v from "valibot";

/** What Peili nodes tell each other. Fields of later versions are ignored. */
export interface NodeInfo {
  /** The port of the node's peer listener. */
  port: number;
}

/** Another node that the sender knows. */
export interface NodeHint {
  /** Its libp2p peer id. */
  id: string;
  /** Where it can be reached, as multiaddrs without the peer id. */
  addrs: string[];
}

/** A message of the node protocol. */
export interface NodeMessage extends NodeInfo {
  /** Other nodes, for the one that only joins. */
  peers: NodeHint[];
  /** Whether the sender is about to stop. */
  leaving: boolean;
}

/** The protocol of {@linkcode NodeMessage}. */
export const NODE_PROTOCOL = "/peili/node/1";

/** The longest message: some 500 nodes with their addresses. */
export const NODE_MESSAGE_MAX_BYTES = 128 * 1024;

/** How many nodes one message names. */
export const HINTS_PER_MESSAGE = 512;

const HINT_SCHEMA = v.object({
  id: v.pipe(v.string(), v.maxLength(128)),
  addrs: v.array(v.pipe(v.string(), v.maxLength(128))),
});
const MESSAGE_SCHEMA = v.object({
  port: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65535)),
  peers: v.optional(v.array(HINT_SCHEMA), []),
  leaving: v.optional(v.boolean(), false),
});

/** Writes a message as JSON, with as many of its hints as fit. */
export function encodeNodeMessage(message: NodeMessage): Uint8Array {
  const encode = (peers: NodeHint[]) => new TextEncoder().encode(JSON.stringify({ ...message, peers }));
  let peers = message.peers.slice(0, HINTS_PER_MESSAGE);
  let bytes = encode(peers);
  while (bytes.length > NODE_MESSAGE_MAX_BYTES) {
    peers = peers.slice(0, peers.length >> 1);
    bytes = encode(peers);
  }
  return bytes;
}

/**
 * Reads a message.
 *
 * @throws {SyntaxError} If it is malformed.
 */
export function decodeNodeMessage(bytes: Uint8Array): NodeMessage {
  const result = v.safeParse(v.pipe(v.string(), v.parseJson(), MESSAGE_SCHEMA), new TextDecoder().decode(bytes));
  if (!result.success) {
    throw new SyntaxError(`Cannot read a node's message: ${v.getDotPath(result.issues[0]) ?? ""} is malformed`);
  }
  const { port, peers, leaving } = result.output;
  return { port, peers: peers.slice(0, HINTS_PER_MESSAGE), leaving };
}
