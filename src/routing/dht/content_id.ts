import { hash } from "node:crypto";
import { CID } from "multiformats/cid";
import { code as RAW_CODE } from "multiformats/codecs/raw";
import { create as createDigest } from "multiformats/hashes/digest";

/** The multihash code of SHA-256. */
const SHA256_CODE = 0x12;

/** A content key as the DHT knows it. */
export interface ContentId {
  /** The SHA-256 multihash of the key's text: what goes over the wire. */
  multihash: Uint8Array;
  /** Where the key lies in the DHT's space. */
  kadId: Uint8Array;
}

/** Returns the CID of a content key as Spegel makes it: version 1, codec raw, SHA-256 of the text. */
export function createCid(key: string): CID {
  return CID.createV1(RAW_CODE, createDigest(SHA256_CODE, sha256(new TextEncoder().encode(key))));
}

/** Returns how the DHT knows a content key. */
export function contentId(key: string): ContentId {
  const multihash = new Uint8Array(34);
  multihash.set([SHA256_CODE, 32]);
  multihash.set(sha256(new TextEncoder().encode(key)), 2);
  return { multihash, kadId: kadIdOf(multihash) };
}

/** Returns where bytes, a content's multihash or a peer's id, lie in the DHT's space of 256 bits. */
export function kadIdOf(bytes: Uint8Array): Uint8Array {
  return sha256(bytes);
}

function sha256(bytes: Uint8Array): Uint8Array {
  return hash("sha256", bytes, "buffer");
}
