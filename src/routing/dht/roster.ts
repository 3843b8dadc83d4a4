import { MINUTE_MS, SECOND_MS } from "../../core/units.ts";
import type { BytesKey } from "./bytes_key.ts";
import type { AgedRecord, DigestEntry } from "./gossip_message.ts";
import { decodeMemberRecord, type MemberRecord, type UnverifiedRecord } from "./member_record.ts";
import type { OwnRecord } from "./own_record.ts";
import { type KnownPeer, type PeerBook, usableAddresses } from "./peer_book.ts";
import { shortIdOf } from "./short_id.ts";

/** What a {@linkcode Roster} works with. */
export interface RosterComponents {
  book: PeerBook;
  own: OwnRecord;
  /** Told of a record that is news. */
  onRecord(peer: KnownPeer): void;
  /** Told of a suspicion that is news. */
  onSuspicion(entry: DigestEntry): void;
  /** Told of a member that is connected, though others take it for gone: it should hear of that, and say otherwise. */
  onMistaken(peer: KnownPeer, entry: DigestEntry): void;
  /** Told of a member that says that it stops, or that it was started anew: what it announced before holds no more. */
  onEnded(peer: KnownPeer): void;
}

/** How a {@linkcode Roster} is bounded. */
export interface RosterOptions {
  /** Whether loopback addresses are of use. */
  allowLoopback: boolean;
  /** The most members that are known without being connected: beyond that, the DHT finds them. @default {512} */
  maxMembers?: number;
  /** Tells the time in milliseconds since 1970. @default {Date.now} */
  now?: () => number;
}

/** How long a suspected member has to say that it is there. */
const SUSPICION_MS = 3 * SECOND_MS;
/** Within what time a member is tried again that could not be reached and says that it is there. */
const RETRY_MS = SECOND_MS;
/** After how long this node looks itself for a member that others have lost, at the earliest; as much again by chance. */
const LOOK_MS = 5 * SECOND_MS;
/** How much later than its loss a record has to be, as ages do not count how long the last message was on its way. */
const LATER_MS = SECOND_MS;
/** How long a member is believed to be there that nobody has heard of: it makes a new record every 5 minutes. */
const MEMBER_TTL_MS = 16 * MINUTE_MS;

/**
 * The records of all members.
 *
 * Nobody can make a record of another node, as each is signed with the key that the node's id stands for, and an old
 * one changes nothing, as each has a number. Anybody can say that a member is gone: that keeps a member that is not
 * connected out of answers for a moment, in which it hears of it and makes a new record.
 */
export class Roster {
  readonly #components: RosterComponents;
  readonly #allowLoopback: boolean;
  readonly #maxMembers: number;
  readonly #now: () => number;

  constructor(components: RosterComponents, options: RosterOptions) {
    this.#components = components;
    const { allowLoopback, maxMembers = 512, now = Date.now } = options;
    this.#allowLoopback = allowLoopback;
    this.#maxMembers = maxMembers;
    this.#now = now;
  }

  /** Returns the members that may be there. */
  *members(): Generator<KnownPeer> {
    for (const peer of this.#components.book.alive()) if (peer.membership) yield peer;
  }

  /** Returns the state of all members and of this node, in short. */
  digest(): DigestEntry[] {
    const { id, seq } = this.#components.own.record;
    const members = this.members().map((peer) => ({ shortId: peer.shortId, seq: peer.membership?.seq ?? 0 }));
    return [{ shortId: shortIdOf(id), seq }, ...members];
  }

  /** Returns a member by its short id, whether it is there or not. */
  find(shortId: BytesKey): KnownPeer | undefined {
    const peer = this.#components.book.byShortId(shortId);
    return peer?.membership && peer;
  }

  /** Returns the record of a member or of this node. */
  record(shortId: BytesKey): AgedRecord | undefined {
    const { own } = this.#components;
    const nowMs = this.#now();
    if (shortId === shortIdOf(own.record.id)) return { signed: own.signed, ageMs: nowMs - own.madeMs };
    const membership = this.find(shortId)?.membership;
    return membership && { signed: membership.signed, ageMs: nowMs - membership.madeMs };
  }

  /**
   * Takes a record, if it is new.
   *
   * @returns The member, if the record is right.
   * @throws {SyntaxError} If it is malformed.
   */
  take(aged: AgedRecord): KnownPeer | undefined {
    const { book, own } = this.#components;
    const unverified = decodeMemberRecord(aged.signed);
    const { id, seq } = unverified.record;
    if (shortIdOf(id) === shortIdOf(own.record.id)) {
      if (seq > own.record.seq) own.contest(seq); // of an earlier life of this node, under a clock that was ahead
      return undefined;
    }
    const known = book.get(id);
    if (known?.membership && known.membership.seq >= seq) return known;
    return this.#takeNew(unverified, known, aged);
  }

  #takeNew(unverified: UnverifiedRecord, known: KnownPeer | undefined, aged: AgedRecord): KnownPeer | undefined {
    const { book, onRecord, onEnded } = this.#components;
    const { record } = unverified;
    const { signed, ageMs } = aged;
    if (ageMs >= MEMBER_TTL_MS || (!known?.connected && !known?.membership && !this.#hasRoom(record))) return undefined;
    const peerId = unverified.verify();
    if (!peerId) return undefined;
    const peer = known ?? book.meet(peerId);
    const { port, zone, load, protocols, seq, startedMs } = record;
    const moved = peer.membership !== undefined && peer.info?.port !== port;
    const isAnew = peer.membership !== undefined && peer.membership.startedMs !== startedMs;
    peer.membership = { signed, seq, startedMs, madeMs: this.#now() - ageMs };
    peer.info = { port, zone, load, protocols };
    [peer.peili, peer.kad] = [true, true];
    book.tell(peer, record.addrs);
    if (record.leaving) book.markGone(peer, { hearsay: true }); // until it says otherwise
    else this.#back(peer, { moved, isAnew });
    if (record.leaving || isAnew) onEnded(peer);
    onRecord(peer);
    return peer;
  }

  /**
   * A record says that its node is there. Where this node has seen otherwise itself, a later record is believed once:
   * a cluster that is whole again would have to open every connection to find that out. Then it looks again soon.
   */
  #back(peer: KnownPeer, { moved, isAnew }: { moved: boolean; isAnew: boolean }): void {
    const { goneSinceMs, membership } = peer;
    if (goneSinceMs === undefined || !membership) return;
    const isLater = membership.madeMs >= goneSinceMs + (isAnew ? 0 : LATER_MS);
    if (peer.hearsay || (isLater && !peer.vouched)) {
      peer.vouched ||= !peer.hearsay;
      this.#components.book.markBack(peer);
    } else {
      peer.retryAtMs = Math.min(peer.retryAtMs, this.#now() + (moved ? 0 : RETRY_MS * Math.random()));
    }
  }

  #hasRoom({ addrs, leaving }: MemberRecord): boolean {
    if (leaving || usableAddresses(addrs, this.#allowLoopback).length === 0) return leaving;
    return this.members().toArray().length < this.#maxMembers;
  }

  /** Takes note that another node takes a member for gone. */
  suspect({ shortId, seq }: DigestEntry): void {
    const { own, onSuspicion, onMistaken } = this.#components;
    if (shortId === shortIdOf(own.record.id)) return own.contest(seq);
    const peer = this.find(shortId);
    if (!peer?.membership || peer.goneSinceMs !== undefined) return;
    const { membership } = peer;
    if (seq < membership.seq) return;
    if (peer.connected) {
      if (!membership.warned) onMistaken(peer, { shortId, seq: membership.seq });
      membership.warned = true;
    } else if (membership.suspectedMs === undefined) {
      membership.suspectedMs = this.#now();
      onSuspicion({ shortId, seq: membership.seq });
    }
  }

  /** Takes note that this node has lost a member. Others are told once for each of its records. */
  lost({ membership, shortId }: KnownPeer): void {
    if (!membership || membership.suspectedMs !== undefined) return;
    membership.suspectedMs = this.#now();
    this.#components.onSuspicion({ shortId, seq: membership.seq });
  }

  /** Lets those go that have not shown that they are there. To be called about once a second. */
  check(): void {
    const { book } = this.#components;
    const nowMs = this.#now();
    for (const peer of [...this.members()]) {
      if (peer.connected || !peer.membership) continue;
      const { madeMs, suspectedMs = Infinity } = peer.membership;
      if (nowMs - suspectedMs < SUSPICION_MS && nowMs - madeMs < MEMBER_TTL_MS) continue;
      book.markGone(peer, { hearsay: true });
      peer.retryAtMs = nowMs + LOOK_MS * (1 + Math.random()); // it may not have heard that it has to say otherwise
    }
  }
}
