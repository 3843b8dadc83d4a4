import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { type BytesKey, bytesKey } from "./bytes_key.ts";
import { readFields } from "./read_fields.ts";

/** The protocol in which members tell each other of members. */
export const GOSSIP_PROTOCOL = "/peili/gossip/1";

/** A member's record on its way. */
export interface AgedRecord {
  /** The record with its signature. */
  signed: Uint8Array;
  /** How long ago the member made it, in milliseconds: measured by those who have had it, as clocks differ. */
  ageMs: number;
}

/** The state of one member, in short. */
export interface DigestEntry {
  /** The first {@linkcode SHORT_ID_BYTES} of the member's place in the DHT's space. */
  shortId: BytesKey;
  /** The number of its record. */
  seq: number;
}

/** What members tell each other of members: in a question and in an answer alike. */
export interface GossipMessage {
  /** Records of members. */
  records: AgedRecord[];
  /** Members that the sender takes for gone, as of the number of their record. */
  suspicions: DigestEntry[];
  /** A sum over all that the sender knows. Asks for the digest, unless the other one has the same sum. */
  sum?: Uint8Array;
  /** All members that the sender knows. */
  digest?: DigestEntry[];
  /** Short ids of members whose records the sender wants. */
  want: BytesKey[];
  /** In a question: the sender is about to close the connection. In an answer: it had better not. */
  closing: boolean;
}

/** How many bytes of a member's place stand for it: enough that two of a cluster never have the same. */
export const SHORT_ID_BYTES = 8;
/** How many bytes a message has at most, but for one record: well below what members may send each other. */
export const GOSSIP_MESSAGE_BYTES = 48 * 1024;
/** The bytes of an entry: the short id, and the number in 8 more. */
const ENTRY_BYTES = SHORT_ID_BYTES + 8;

/** The bytes of an age before a record, and the highest one. */
const AGE_BYTES = 4;
const AGE_MAX = 2 ** 32 - 1;

const FIELDS = { records: 1, suspicions: 2, sum: 3, digest: 4, want: 5, closing: 6 } as const;

/** A message that says nothing. */
export const SILENCE: Readonly<GossipMessage> = { records: [], suspicions: [], want: [], closing: false };

/** Writes a message. */
export function encodeGossip(message: GossipMessage): Uint8Array {
  const { records, suspicions, sum, digest, want, closing } = message;
  const writer = new BinaryWriter();
  const write = (field: number, bytes: Uint8Array) => writer.tag(field, WireType.LengthDelimited).bytes(bytes);
  for (const { signed, ageMs } of records) {
    const bytes = new Uint8Array(AGE_BYTES + signed.length);
    new DataView(bytes.buffer).setUint32(0, Math.min(AGE_MAX, Math.max(0, Math.round(ageMs))));
    bytes.set(signed, AGE_BYTES);
    write(FIELDS.records, bytes);
  }
  if (suspicions.length > 0) write(FIELDS.suspicions, packEntries(suspicions));
  if (sum) write(FIELDS.sum, sum);
  if (digest) write(FIELDS.digest, packEntries(digest));
  if (want.length > 0) write(FIELDS.want, Uint8Array.from(want.join(""), (char) => char.charCodeAt(0)));
  if (closing) writer.tag(FIELDS.closing, WireType.Varint).bool(true);
  return writer.finish();
}

/**
 * Reads a message. Its records keep nothing of the bytes.
 *
 * @throws {SyntaxError} If the bytes are no such message.
 */
export function decodeGossip(bytes: Uint8Array): GossipMessage {
  const message: GossipMessage = { records: [], suspicions: [], want: [], closing: false };
  readFields(bytes, {
    [FIELDS.records]: [WireType.LengthDelimited, (reader) => message.records.push(unpackRecord(reader.bytes()))],
    [FIELDS.suspicions]: [WireType.LengthDelimited, (reader) => message.suspicions = unpackEntries(reader.bytes())],
    [FIELDS.sum]: [WireType.LengthDelimited, (reader) => message.sum = reader.bytes().slice()],
    [FIELDS.digest]: [WireType.LengthDelimited, (reader) => message.digest = unpackEntries(reader.bytes())],
    [FIELDS.want]: [WireType.LengthDelimited, (reader) => message.want = unpackIds(reader.bytes())],
    [FIELDS.closing]: [WireType.Varint, (reader) => message.closing = reader.bool()],
  });
  return message;
}

function unpackRecord(bytes: Uint8Array): AgedRecord {
  const ageMs = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0);
  return { signed: bytes.slice(AGE_BYTES), ageMs };
}

function packEntries(entries: readonly DigestEntry[]): Uint8Array {
  const bytes = new Uint8Array(entries.length * ENTRY_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [at, { shortId, seq }] of entries.entries()) {
    for (let byte = 0; byte < SHORT_ID_BYTES; byte++) bytes[at * ENTRY_BYTES + byte] = shortId.charCodeAt(byte);
    view.setBigUint64(at * ENTRY_BYTES + SHORT_ID_BYTES, BigInt(seq));
  }
  return bytes;
}

function unpackEntries(bytes: Uint8Array): DigestEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: DigestEntry[] = [];
  for (let at = 0; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES) {
    const seq = Number(view.getBigUint64(at + SHORT_ID_BYTES));
    entries.push({ shortId: bytesKey(bytes.subarray(at, at + SHORT_ID_BYTES)), seq });
  }
  return entries;
}

function unpackIds(bytes: Uint8Array): BytesKey[] {
  const ids: BytesKey[] = [];
  for (let at = 0; at + SHORT_ID_BYTES <= bytes.length; at += SHORT_ID_BYTES) {
    ids.push(bytesKey(bytes.subarray(at, at + SHORT_ID_BYTES)));
  }
  return ids;
}
