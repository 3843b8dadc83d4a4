import { generateKeyPair } from "@libp2p/crypto/keys";
import type { PeerId } from "@libp2p/interface";
import { peerIdFromPrivateKey } from "@libp2p/peer-id";
import { type MemberRecord, recordSigner } from "../../../src/routing/dht/member_record.ts";
import { OwnRecord } from "../../../src/routing/dht/own_record.ts";
import { PeerBook } from "../../../src/routing/dht/peer_book.ts";
import { Roster } from "../../../src/routing/dht/roster.ts";
import { addrBytes } from "./known_peer.ts";

/** Makes a record with what a test has to say about it. */
export function makeRecord(id: PeerId, told: Partial<MemberRecord> = {}): MemberRecord {
  return {
    id: id.toMultihash().bytes,
    seq: 1,
    startedMs: 1,
    addrs: [addrBytes("/ip4/10.0.0.1/tcp/5001")],
    port: 5000,
    zone: "north",
    protocols: [],
    load: 0,
    leaving: false,
    ...told,
  };
}

/** A node that is not there: it has a key and makes records. */
export interface TestMember {
  id: PeerId;
  /** Makes a signed record. */
  record(told?: Partial<MemberRecord>): { signed: Uint8Array; ageMs: number };
}

/** Makes a node that is not there. */
export async function makeMember(): Promise<TestMember> {
  const key = await generateKeyPair("Ed25519");
  const id = peerIdFromPrivateKey(key);
  const sign = recordSigner(key);
  return { id, record: (told) => ({ signed: sign(makeRecord(id, told)), ageMs: 0 }) };
}

/** Makes a roster with a clock that a test sets. */
export async function makeRoster(options: { maxMembers?: number } = {}) {
  const clock = { nowMs: 1_000_000_000_000 };
  const now = () => clock.nowMs;
  const key = await generateKeyPair("Ed25519");
  const told: string[] = [];
  const book = new PeerBook({ allowLoopback: false, now, onGone: ({ id }) => told.push(`gone ${id}`) });
  const own = new OwnRecord({
    id: peerIdFromPrivateKey(key).toMultihash().bytes,
    sign: recordSigner(key),
    addrs: () => [addrBytes("/ip4/10.0.0.9/tcp/5001")],
    info: () => ({ port: 5000, zone: "", load: 0, protocols: [] }),
    onChange: () => told.push("own record"),
    now,
  });
  const roster = new Roster({
    book,
    own,
    onRecord: ({ id }) => told.push(`record ${id}`),
    onSuspicion: () => told.push("suspicion"),
    onMistaken: ({ id }) => told.push(`mistaken ${id}`),
    onEnded: ({ id }) => told.push(`ended ${id}`),
  }, { allowLoopback: false, now, ...options });
  return { roster, book, own, clock, told };
}
