import * as v from "valibot";
import { ZONE_MAX_LENGTH } from "../zone.ts";

/** What Peili nodes tell each other. Fields of later versions are ignored. */
export interface NodeInfo {
  /** The port of the node's peer listener. */
  port: number;
  /** Where it stands, such as an availability zone. Empty when it does not say. */
  zone: string;
  /** How busy it is with uploads, from 0 (idle) to 1 (full). */
  load: number;
  /** The protocols for members that it answers, with their versions. */
  protocols: string[];
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
  /** Multihashes of contents that the sender no longer provides. */
  withdrawn: Uint8Array[];
}

/** The protocol of {@linkcode NodeMessage}. */
export const NODE_PROTOCOL = "/peili/node/1";

/** The longest message: some 500 nodes with their addresses. */
export const NODE_MESSAGE_MAX_BYTES = 128 * 1024;

/** How many nodes one message names. */
export const HINTS_PER_MESSAGE = 512;

/** How many withdrawals one message tells. */
export const WITHDRAWN_PER_MESSAGE = 1_000;

/** How many protocols one node names. */
export const PROTOCOLS_PER_NODE = 16;
/** The longest name of a protocol. */
const PROTOCOL_MAX_LENGTH = 64;

/** A sha2-256 multihash in base64: 34 bytes. */
const MULTIHASH_REGEXP = /^[A-Za-z0-9+/]{45}[A-Za-z0-9+/=]{3}$/;

const HINT_SCHEMA = v.object({
  id: v.pipe(v.string(), v.maxLength(128)),
  addrs: v.array(v.pipe(v.string(), v.maxLength(128))),
});
const MESSAGE_SCHEMA = v.object({
  port: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65535)),
  zone: v.optional(v.pipe(v.string(), v.maxLength(ZONE_MAX_LENGTH)), ""),
  load: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 0),
  protocols: v.optional(
    v.pipe(v.array(v.pipe(v.string(), v.maxLength(PROTOCOL_MAX_LENGTH))), v.maxLength(PROTOCOLS_PER_NODE)),
    [],
  ),
  peers: v.optional(v.array(HINT_SCHEMA), []),
  leaving: v.optional(v.boolean(), false),
  withdrawn: v.optional(
    v.pipe(v.array(v.pipe(v.string(), v.regex(MULTIHASH_REGEXP))), v.maxLength(WITHDRAWN_PER_MESSAGE)),
    [],
  ),
});

/** Writes a message as JSON, with as many of its hints as fit. */
export function encodeNodeMessage(message: NodeMessage): Uint8Array {
  const withdrawn = message.withdrawn.slice(0, WITHDRAWN_PER_MESSAGE).map((multihash) => multihash.toBase64());
  const encode = (peers: NodeHint[]) => new TextEncoder().encode(JSON.stringify({ ...message, peers, withdrawn }));
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
  const { peers, withdrawn, ...told } = result.output;
  return {
    ...told,
    peers: peers.slice(0, HINTS_PER_MESSAGE),
    withdrawn: withdrawn.map((multihash) => Uint8Array.fromBase64(multihash)),
  };
}
