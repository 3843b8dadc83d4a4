import { hash } from "node:crypto";
import { getLogger } from "@logtape/logtape";
import { LRUCache } from "lru-cache";
import { abortable, sleep } from "../../core/deadline.ts";
import { errorMessage } from "../../core/errors.ts";
import { SECOND_MS } from "../../core/units.ts";
import { type BytesKey, bytesKey } from "./bytes_key.ts";
import {
  type AgedRecord,
  decodeGossip,
  type DigestEntry,
  encodeGossip,
  GOSSIP_MESSAGE_BYTES,
  type GossipMessage,
  SILENCE,
} from "./gossip_message.ts";
import { pick } from "./pick.ts";
import type { KnownPeer } from "./peer_book.ts";
import type { Roster } from "./roster.ts";

/** What {@linkcode Gossip} works with. */
export interface GossipComponents {
  roster: Roster;
  /** Sends a message to a member and returns the answer. */
  ask(peer: KnownPeer, message: Uint8Array): Promise<Uint8Array>;
  /** Returns whether a connection to a member may be closed that wants to close it. */
  mayClose(from: string): boolean;
}

/** How {@linkcode Gossip} keeps time. */
export interface GossipOptions {
  /** How long news are collected before they are passed on, in milliseconds. @default {200} */
  roundMs?: number;
  /** How often all is compared with one other member, in milliseconds. @default {5_000} */
  compareMs?: number;
}

/** To how many members a round of news goes, and in how many rounds each piece of news is told. */
const FANOUT = 3;
const ROUNDS_PER_NEWS = 2;
/** The most news that wait to be passed on: all of a large cluster. */
const NEWS_MAX = 1_024;
/** After how many records other work gets its turn: each takes some 100 µs. */
const RECORDS_PER_TURN = 32;
/** In how many messages one comparison goes at most. */
const MESSAGES_PER_COMPARISON = 8;
/** With how many that have just connected all is compared at once: they come by dozens, and most know the same. */
const COMPARING_MAX = 2;
/** Of how many members it is remembered what they add to the sum. */
const HASHES_MAX = 1_024;

const logger = getLogger(["peili", "routing"]);

interface News {
  /** The short id of whose record it is. */
  recordOf?: BytesKey;
  suspicion?: DigestEntry;
  /** In how many rounds it is still to be told. */
  rounds: number;
}

/**
 * Passes on what is new about members, and compares from time to time what is known with others.
 *
 * News go to a few connected members at once, who pass them on in turn: they are everywhere within a few rounds. What
 * gets lost on the way is found by comparing.
 */
export class Gossip implements Disposable {
  readonly #components: GossipComponents;
  readonly #news = new Map<string, News>();
  readonly #stop = new AbortController();
  readonly #roundMs: number;
  readonly #comparing = new Set<KnownPeer>();
  readonly #hashes = new LRUCache<BytesKey, { seq: number; bytes: Uint8Array }>({ max: HASHES_MAX });
  #round: ReturnType<typeof setTimeout> | undefined;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(components: GossipComponents, options: GossipOptions = {}) {
    const { roundMs = 200, compareMs = 5 * SECOND_MS } = options;
    this.#components = components;
    this.#roundMs = roundMs;
    this.#timer = setInterval(() => this.#compareWithOne(), compareMs);
  }

  /** Passes on the record of a member or of this node, as it is by then. */
  tellRecord(shortId: BytesKey): void {
    this.#news.delete(`gone ${shortId}`); // a newer record refutes it
    this.#tell(shortId, { recordOf: shortId, rounds: ROUNDS_PER_NEWS });
  }

  /** Passes on that a member is taken for gone. */
  tellSuspicion(suspicion: DigestEntry): void {
    this.#tell(`gone ${suspicion.shortId}`, { suspicion, rounds: ROUNDS_PER_NEWS });
  }

  /** Tells a member that others take it for gone. */
  warn(peer: KnownPeer, suspicion: DigestEntry): void {
    void this.#send(peer, { ...SILENCE, suspicions: [suspicion] });
  }

  #tell(name: string, news: News): void {
    if (this.#news.size >= NEWS_MAX && !this.#news.has(name)) return; // comparing will tell it
    this.#news.set(name, news);
    this.#round ??= setTimeout(() => this.#tellNews(), this.#roundMs);
  }

  #tellNews(): void {
    this.#round = undefined;
    const peers = pick(this.#connected(), FANOUT);
    if (peers.length === 0) return this.#news.clear(); // whoever comes is told everything
    for (const message of this.#messages()) for (const peer of peers) void this.#send(peer, message);
    for (const [name, news] of this.#news) if (--news.rounds <= 0) this.#news.delete(name);
    if (this.#news.size > 0) this.#round = setTimeout(() => this.#tellNews(), this.#roundMs);
  }

  *#messages(): Generator<GossipMessage> {
    const news = [...this.#news.values()];
    const suspicions = news.flatMap(({ suspicion }) => suspicion ?? []);
    const [first = [], ...others] = inMessages(this.#records(news.flatMap(({ recordOf }) => recordOf ?? [])));
    yield { ...SILENCE, records: first, suspicions };
    for (const records of others) yield { ...SILENCE, records };
  }

  #records(shortIds: readonly BytesKey[]): AgedRecord[] {
    return shortIds.flatMap((shortId) => this.#components.roster.record(shortId) ?? []);
  }

  #connected(): KnownPeer[] {
    return this.#components.roster.members().filter(({ met }) => met).toArray();
  }

  #compareWithOne(): void {
    const [peer] = pick(this.#connected(), 1);
    if (peer) void this.compare(peer);
  }

  /** Takes note of a member that this node has connected to. */
  met(peer: KnownPeer): void {
    if (this.#comparing.size < COMPARING_MAX) void this.compare(peer);
  }

  /** Compares all that is known of members with one of them: each takes what the other one knows better. */
  async compare(peer: KnownPeer): Promise<void> {
    if (this.#comparing.has(peer)) return;
    this.#comparing.add(peer);
    try {
      const { digest } = await this.#ask(peer, { ...SILENCE, sum: this.#sum() });
      if (digest) await this.#settle(peer, digest);
    } catch (reason) {
      if (!this.#stop.signal.aborted) {
        logger.debug("Cannot compare members with {id}: {error}", { id: peer.id, error: errorMessage(reason) });
      }
    } finally {
      this.#comparing.delete(peer);
    }
  }

  async #settle(peer: KnownPeer, theirs: readonly DigestEntry[]): Promise<void> {
    const { roster } = this.#components;
    const known = new Map(theirs.map(({ shortId, seq }) => [shortId, seq]));
    const ours = new Map(roster.digest().map(({ shortId, seq }) => [shortId, seq]));
    const better = [...ours].filter(([shortId, seq]) => (known.get(shortId) ?? -1) < seq);
    const parts = inMessages(this.#records(better.map(([shortId]) => shortId)));
    const suspicions = theirs.filter((entry) => isGone(roster, entry));
    let want = theirs.filter(({ shortId, seq }) =>
      (ours.get(shortId) ?? roster.find(shortId)?.membership?.seq ?? -1) < seq
    )
      .map(({ shortId }) => shortId);
    for (let count = 0; count < MESSAGES_PER_COMPARISON; count++) {
      const records = parts[count] ?? [];
      if (count > 0 && records.length === 0 && want.length === 0) return;
      const answer = await this.#ask(peer, { ...SILENCE, records, want, suspicions: count === 0 ? suspicions : [] });
      want = answer.records.length === 0 ? [] : want.filter((shortId) => !roster.find(shortId));
    }
  }

  async #send(peer: KnownPeer, message: GossipMessage): Promise<void> {
    try {
      await this.#ask(peer, message);
    } catch {
      // Others hear of it as well, and comparing makes up for the rest.
    }
  }

  async #ask(peer: KnownPeer, message: GossipMessage): Promise<GossipMessage> {
    const answer = decodeGossip(await this.#components.ask(peer, encodeGossip(message)));
    await this.#take(answer);
    return answer;
  }

  /** Tells all connected members a record, without waiting for those that do not answer. */
  async tellAll(record: AgedRecord, signal: AbortSignal): Promise<void> {
    const telling = this.#connected().map((peer) => this.#send(peer, { ...SILENCE, records: [record] }));
    await abortable(Promise.all(telling), signal).catch(() => {});
  }

  /** Asks a member whether a connection may be closed: it would take its end for the member's. */
  async askToClose(peer: KnownPeer): Promise<boolean> {
    return !(await this.#ask(peer, { ...SILENCE, closing: true })).closing;
  }

  /**
   * Answers a message of a member.
   *
   * @throws {SyntaxError} If it is malformed.
   */
  async answer(bytes: Uint8Array, from: string): Promise<Uint8Array> {
    const { roster, mayClose } = this.#components;
    const { closing, sum, want, ...news } = decodeGossip(bytes);
    await this.#take(news);
    const [records = []] = inMessages(this.#records(want));
    const differs = sum && bytesKey(sum) !== bytesKey(this.#sum());
    return encodeGossip({
      ...SILENCE,
      records,
      digest: differs ? roster.digest() : undefined,
      closing: closing && !mayClose(from),
    });
  }

  async #take({ records, suspicions }: Pick<GossipMessage, "records" | "suspicions">): Promise<void> {
    const { roster } = this.#components;
    for (const [at, record] of records.entries()) {
      if (at > 0 && at % RECORDS_PER_TURN === 0) await sleep(0, this.#stop.signal);
      roster.take(record);
    }
    for (const suspicion of suspicions) roster.suspect(suspicion);
  }

  /** A sum over the state of all members, whatever their order. */
  #sum(): Uint8Array {
    const sum = new Uint8Array(16);
    for (const { shortId, seq } of this.#components.roster.digest()) {
      const bytes = this.#hashOf(shortId, seq);
      for (let at = 0; at < sum.length; at++) sum[at]! ^= bytes[at]!;
    }
    return sum;
  }

  /** What the record of a member adds to the sum. */
  #hashOf(shortId: BytesKey, seq: number): Uint8Array {
    const known = this.#hashes.get(shortId);
    if (known?.seq === seq) return known.bytes;
    const bytes = hash("sha256", `${shortId} ${seq}`, "buffer");
    this.#hashes.set(shortId, { seq, bytes });
    return bytes;
  }

  /** Ends it. */
  [Symbol.dispose](): void {
    this.#stop.abort(new Error("the node stops"));
    clearTimeout(this.#round);
    clearInterval(this.#timer);
  }
}

/** Divides records among messages that are not too long. */
function inMessages(records: readonly AgedRecord[]): AgedRecord[][] {
  const messages: AgedRecord[][] = [];
  let bytes = Infinity;
  for (const record of records) {
    bytes += record.signed.length;
    if (bytes > GOSSIP_MESSAGE_BYTES) {
      messages.push([]);
      bytes = record.signed.length;
    }
    messages.at(-1)?.push(record);
  }
  return messages;
}

/** Whether this node has seen itself, or was told and believes, that what another one takes for a member is gone. */
function isGone(roster: Roster, { shortId, seq }: DigestEntry): boolean {
  const peer = roster.find(shortId);
  return peer?.membership?.seq === seq && peer.goneSinceMs !== undefined && peer.membership.suspectedMs !== undefined;
}
