import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { PeerId, PrivateKey } from "@libp2p/interface";
import { peerIdFromMultihash } from "@libp2p/peer-id";
import { decode as decodeDigest } from "multiformats/hashes/digest";
import { ZONE_MAX_LENGTH } from "../zone.ts";
import { readFields } from "./read_fields.ts";

/** What a Peili node tells of itself, apart from who it is and where libp2p reaches it. */
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

/** A node's record of itself, which others pass on. Only the node can make it: it is signed with the node's key. */
export interface MemberRecord extends NodeInfo {
  /** The multihash of its peer id. */
  id: Uint8Array;
  /** The higher one is the newer one: when it was made, in milliseconds since 1970, or more. */
  seq: number;
  /** When the node was started, in milliseconds since 1970: with another number it knows nothing of what it said before. */
  startedMs: number;
  /** Where libp2p reaches it: multiaddrs in binary form without the peer id. */
  addrs: Uint8Array[];
  /** Whether the node has stopped, or is about to. */
  leaving: boolean;
}

/** The longest record with its signature, in bytes. */
export const MEMBER_RECORD_MAX_BYTES = 2_048;
/** How many addresses a record tells. */
export const ADDRS_PER_RECORD = 8;
/** How many protocols a record tells, and the longest name of one. */
export const PROTOCOLS_PER_RECORD = 16;
const PROTOCOL_MAX_LENGTH = 64;
/** The longest multihash of a peer id and the longest address. */
const PART_MAX_BYTES = 128;

const ENVELOPE_FIELDS = { payload: 1, signature: 2 } as const;
const FIELDS = {
  id: 1,
  seq: 2,
  addrs: 3,
  port: 4,
  zone: 5,
  protocols: 6,
  loadPercent: 7,
  leaving: 8,
  startedMs: 9,
} as const;
/** Set before what is signed, so that no other signature of the key can be taken for that of a record. */
const DOMAIN = new TextEncoder().encode("peili-member-1:");

/** Makes the function that signs with a node's key. */
export function recordSigner(privateKey: PrivateKey): (record: MemberRecord) => Uint8Array {
  const key = keyObject(privateKey);
  return (record) => {
    const payload = encodePayload(record);
    const writer = new BinaryWriter();
    writer.tag(ENVELOPE_FIELDS.payload, WireType.LengthDelimited).bytes(payload);
    writer.tag(ENVELOPE_FIELDS.signature, WireType.LengthDelimited).bytes(sign(null, signed(payload), key));
    return writer.finish();
  };
}

/** A record as it came, whose signature has not been looked at. */
export interface UnverifiedRecord {
  /** What it says. */
  record: MemberRecord;
  /**
   * Checks who made it, which takes some 100 µs.
   *
   * @returns The peer id, unless the signature is not that of the node that the record is of.
   */
  verify(): PeerId | undefined;
}

/**
 * Reads a record. Fields of later versions are skipped, lists are cut at a bound.
 *
 * @throws {SyntaxError} If it is malformed.
 */
export function decodeMemberRecord(bytes: Uint8Array): UnverifiedRecord {
  if (bytes.length > MEMBER_RECORD_MAX_BYTES) throw new SyntaxError("Cannot read a member's record: it is too long");
  let payload: Uint8Array = new Uint8Array();
  let signature: Uint8Array = new Uint8Array();
  readFields(bytes, {
    [ENVELOPE_FIELDS.payload]: [WireType.LengthDelimited, (reader) => payload = reader.bytes()],
    [ENVELOPE_FIELDS.signature]: [WireType.LengthDelimited, (reader) => signature = reader.bytes()],
  });
  const record = decodePayload(payload);
  return {
    record,
    verify() {
      try {
        const peerId = peerIdFromMultihash(decodeDigest(record.id));
        if (peerId.type !== "Ed25519" || signature.length !== 64) return undefined;
        const x = peerId.publicKey.raw.toBase64({ alphabet: "base64url", omitPadding: true });
        const key = createPublicKey({ format: "jwk", key: { kty: "OKP", crv: "Ed25519", x } });
        return verify(null, signed(payload), key, signature) ? peerId : undefined;
      } catch {
        return undefined; // no id of a peer
      }
    },
  };
}

function encodePayload(record: MemberRecord): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(FIELDS.id, WireType.LengthDelimited).bytes(record.id);
  writer.tag(FIELDS.seq, WireType.Varint).uint64(record.seq);
  for (const addr of record.addrs.slice(0, ADDRS_PER_RECORD)) {
    writer.tag(FIELDS.addrs, WireType.LengthDelimited).bytes(addr);
  }
  writer.tag(FIELDS.port, WireType.Varint).uint32(record.port);
  writer.tag(FIELDS.zone, WireType.LengthDelimited).string(record.zone);
  for (const protocol of record.protocols.slice(0, PROTOCOLS_PER_RECORD)) {
    writer.tag(FIELDS.protocols, WireType.LengthDelimited).string(protocol);
  }
  writer.tag(FIELDS.loadPercent, WireType.Varint).uint32(Math.round(record.load * 100));
  writer.tag(FIELDS.leaving, WireType.Varint).bool(record.leaving);
  writer.tag(FIELDS.startedMs, WireType.Varint).uint64(record.startedMs);
  return writer.finish();
}

function decodePayload(payload: Uint8Array): MemberRecord {
  const record: MemberRecord = {
    id: new Uint8Array(),
    seq: 0,
    startedMs: 0,
    addrs: [],
    port: 0,
    zone: "",
    protocols: [],
    load: 0,
    leaving: false,
  };
  readFields(payload, {
    [FIELDS.id]: [WireType.LengthDelimited, (reader) => record.id = reader.bytes().slice()],
    [FIELDS.seq]: [WireType.Varint, (reader) => record.seq = Number(reader.uint64())],
    [FIELDS.addrs]: [WireType.LengthDelimited, (reader) => {
      const addr = reader.bytes();
      if (record.addrs.length < ADDRS_PER_RECORD && addr.length <= PART_MAX_BYTES) record.addrs.push(addr.slice());
    }],
    [FIELDS.port]: [WireType.Varint, (reader) => record.port = reader.uint32()],
    [FIELDS.zone]: [WireType.LengthDelimited, (reader) => record.zone = reader.string()],
    [FIELDS.protocols]: [WireType.LengthDelimited, (reader) => {
      const protocol = reader.string();
      if (record.protocols.length < PROTOCOLS_PER_RECORD && protocol.length <= PROTOCOL_MAX_LENGTH) {
        record.protocols.push(protocol);
      }
    }],
    [FIELDS.loadPercent]: [WireType.Varint, (reader) => record.load = Math.min(1, reader.uint32() / 100)],
    [FIELDS.leaving]: [WireType.Varint, (reader) => record.leaving = reader.bool()],
    [FIELDS.startedMs]: [WireType.Varint, (reader) => record.startedMs = Number(reader.uint64())],
  });
  const { id, seq, startedMs, port, zone } = record;
  const isValid = id.length > 0 && id.length <= PART_MAX_BYTES && Number.isSafeInteger(seq) &&
    Number.isSafeInteger(startedMs) && port >= 1 && port <= 65_535 && zone.length <= ZONE_MAX_LENGTH;
  if (!isValid) throw new SyntaxError("Cannot read a member's record: it is malformed");
  return record;
}

function signed(payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(DOMAIN.length + payload.length);
  bytes.set(DOMAIN);
  bytes.set(payload, DOMAIN.length);
  return bytes;
}

/** A key of libp2p as the platform's: its raw form is the secret and the public half, 32 bytes each. */
function keyObject({ raw }: PrivateKey): KeyObject {
  const base64 = (bytes: Uint8Array) => bytes.toBase64({ alphabet: "base64url", omitPadding: true });
  const key = { kty: "OKP", crv: "Ed25519", d: base64(raw.subarray(0, 32)), x: base64(raw.subarray(32, 64)) };
  return createPrivateKey({ format: "jwk", key });
}
