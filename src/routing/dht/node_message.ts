import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { readFields } from "./read_fields.ts";

/** A message of the node protocol. */
export interface NodeMessage {
  /** The sender's signed record. */
  record: Uint8Array;
  /** Multihashes of contents that the sender no longer provides. */
  withdrawn: Uint8Array[];
  /** Multihashes of contents that it once withdrew and provides again. */
  restored: Uint8Array[];
}

/** The protocol of {@linkcode NodeMessage}. */
export const NODE_PROTOCOL = "/peili/node/1";

/** How many contents of each kind one message names. */
export const CONTENTS_PER_MESSAGE = 1_000;

/** The bytes of a sha2-256 multihash. */
const MULTIHASH_BYTES = 34;

/** The longest message, in bytes. */
export const NODE_MESSAGE_MAX_BYTES: number = 4 * 1024 + 2 * CONTENTS_PER_MESSAGE * MULTIHASH_BYTES;

const FIELDS = { record: 1, withdrawn: 2, restored: 3 } as const;

/** Writes a message, with as many contents as one may name. */
export function encodeNodeMessage({ record, withdrawn, restored }: NodeMessage): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(FIELDS.record, WireType.LengthDelimited).bytes(record);
  for (const [field, multihashes] of [[FIELDS.withdrawn, withdrawn], [FIELDS.restored, restored]] as const) {
    if (multihashes.length > 0) writer.tag(field, WireType.LengthDelimited).bytes(pack(multihashes));
  }
  return writer.finish();
}

/**
 * Reads a message. Fields of later versions are skipped.
 *
 * @throws {SyntaxError} If it is malformed. The record is not looked at.
 */
export function decodeNodeMessage(bytes: Uint8Array): NodeMessage {
  const message: NodeMessage = { record: new Uint8Array(), withdrawn: [], restored: [] };
  readFields(bytes, {
    [FIELDS.record]: [WireType.LengthDelimited, (reader) => message.record = reader.bytes().slice()],
    [FIELDS.withdrawn]: [WireType.LengthDelimited, (reader) => message.withdrawn = unpack(reader.bytes())],
    [FIELDS.restored]: [WireType.LengthDelimited, (reader) => message.restored = unpack(reader.bytes())],
  });
  return message;
}

function pack(multihashes: readonly Uint8Array[]): Uint8Array {
  const named = multihashes.slice(0, CONTENTS_PER_MESSAGE);
  const bytes = new Uint8Array(named.length * MULTIHASH_BYTES);
  for (const [at, multihash] of named.entries()) bytes.set(multihash, at * MULTIHASH_BYTES);
  return bytes;
}

function unpack(bytes: Uint8Array): Uint8Array[] {
  const count = bytes.length / MULTIHASH_BYTES;
  if (!Number.isInteger(count) || count > CONTENTS_PER_MESSAGE) {
    throw new SyntaxError("Cannot read a node's message: its contents are malformed");
  }
  return Array.from({ length: count }, (_, at) => bytes.slice(at * MULTIHASH_BYTES, (at + 1) * MULTIHASH_BYTES));
}
