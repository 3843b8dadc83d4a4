import { type BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { readFields } from "./read_fields.ts";

/** The types of `dht.pb.Message` that are spoken here. */
export const KAD_MESSAGE_TYPES = { addProvider: 2, getProviders: 3, findNode: 4, ping: 5 } as const;

/** A node in a message. */
export interface KadPeer {
  /** The multihash of its peer id. */
  id: Uint8Array;
  /** Its multiaddrs in binary form. */
  addrs: readonly Uint8Array[];
}

/** A message of the DHT protocol. */
export interface KadMessage {
  /** One of {@linkcode KAD_MESSAGE_TYPES}, or a type that is not known here. */
  type: number;
  /** What is asked for: the multihash of a content key or of a peer id. */
  key: Uint8Array;
  /** Nodes closer to the key. */
  closer?: readonly KadPeer[];
  /** Nodes that announced the key. */
  providers?: readonly KadPeer[];
}

/**
 * Field numbers of the messages.
 *
 * {@link https://github.com/libp2p/specs/blob/master/kad-dht/README.md#rpc-messages}
 */
const MESSAGE_FIELDS = { type: 1, key: 2, closer: 8, providers: 9 } as const;
const PEER_FIELDS = { id: 1, addrs: 2 } as const;

/** The longest key: as Go nodes limit it. */
const KEY_MAX_BYTES = 80;
/** How many nodes of one kind are read from a message; the rest is skipped. */
const PEERS_PER_MESSAGE = 64;
/** How many addresses of one node are read; the rest is skipped. */
const ADDRS_PER_PEER = 16;
/** The longest peer id and multiaddr that are read. */
const PART_MAX_BYTES = 256;

/** Writes a message. */
export function encodeKadMessage(message: KadMessage): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(MESSAGE_FIELDS.type, WireType.Varint).int32(message.type);
  writer.tag(MESSAGE_FIELDS.key, WireType.LengthDelimited).bytes(message.key);
  for (const peer of message.closer ?? []) writePeer(writer, MESSAGE_FIELDS.closer, peer);
  for (const peer of message.providers ?? []) writePeer(writer, MESSAGE_FIELDS.providers, peer);
  return writer.finish();
}

/**
 * Reads a message. Fields that are not known are skipped, lists are cut at a bound.
 *
 * @throws {SyntaxError} If the bytes are no such message.
 */
export function decodeKadMessage(bytes: Uint8Array): Required<KadMessage> {
  const closer: KadPeer[] = [];
  const providers: KadPeer[] = [];
  let type = 0;
  let key: Uint8Array = new Uint8Array();
  readFields(bytes, {
    [MESSAGE_FIELDS.type]: [WireType.Varint, (reader) => type = reader.int32()],
    [MESSAGE_FIELDS.key]: [WireType.LengthDelimited, (reader) => key = readKey(reader)],
    [MESSAGE_FIELDS.closer]: [WireType.LengthDelimited, (reader) => readPeer(reader, closer)],
    [MESSAGE_FIELDS.providers]: [WireType.LengthDelimited, (reader) => readPeer(reader, providers)],
  });
  return { type, key, closer, providers };
}

function writePeer(writer: BinaryWriter, field: number, peer: KadPeer): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  writer.tag(PEER_FIELDS.id, WireType.LengthDelimited).bytes(peer.id);
  for (const addr of peer.addrs) writer.tag(PEER_FIELDS.addrs, WireType.LengthDelimited).bytes(addr);
  writer.join();
}

function readKey(reader: BinaryReader): Uint8Array {
  const key = reader.bytes();
  if (key.length > KEY_MAX_BYTES) throw new RangeError(`Cannot use a key as it must have <= ${KEY_MAX_BYTES} bytes`);
  return key;
}

function readPeer(reader: BinaryReader, into: KadPeer[]): void {
  const bytes = reader.bytes();
  if (into.length >= PEERS_PER_MESSAGE) return;
  const addrs: Uint8Array[] = [];
  let id: Uint8Array = new Uint8Array();
  readFields(bytes, {
    [PEER_FIELDS.id]: [WireType.LengthDelimited, (fields) => id = fields.bytes()],
    [PEER_FIELDS.addrs]: [WireType.LengthDelimited, (fields) => {
      const addr = fields.bytes();
      if (addrs.length < ADDRS_PER_PEER && addr.length <= PART_MAX_BYTES) addrs.push(addr);
    }],
  });
  if (id.length > 0 && id.length <= PART_MAX_BYTES) into.push({ id, addrs });
}
