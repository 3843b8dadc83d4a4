import type { CallOptions } from "../../core/call_options.ts";
import { onAbort } from "../../core/on_abort.ts";
import { type BytesKey, bytesKey } from "./bytes_key.ts";
import { closest } from "../closest.ts";
import { REPLICATION } from "./constants.ts";
import type { KadClient } from "./kad_client.ts";
import type { KadMessage, KadPeer } from "./kad_message.ts";
import type { KnownPeer, PeerBook } from "./peer_book.ts";

/** What a {@linkcode searchClosest} works with. */
export interface ClosestSearchComponents {
  book: PeerBook;
  client: Pick<KadClient, "request">;
  /** Makes a peer that can be asked out of one that another node named, if it can be reached at all. */
  discover(peer: KadPeer): KnownPeer | undefined;
}

/** What is asked. */
export interface ClosestSearchTarget {
  /** The place whose closest peers are asked. */
  kadId: Uint8Array;
  /** The question. */
  message: KadMessage;
}

/** How a search is bounded. */
export interface ClosestSearchOptions extends CallOptions {
  signal: AbortSignal;
  /** Takes an answer, and returns whether nobody else need be asked. */
  onAnswer(answer: Required<KadMessage>): boolean;
}

/** How many peers are asked first. */
const FIRST_WAVE = 4;
/** After how many milliseconds others are asked too, though not all have answered. */
const HEDGE_MS = 8;
/** The same for those that have to be connected to first, which costs both ends more than all else. */
const CONNECT_HEDGE_MS = 100;
/** How long the peers that were asked may still answer when nobody else is going to be asked, in milliseconds. */
const GRACE_MS = 50;
/**
 * When nobody knows, so many of the k closest have to have said so, and of those that are connected, all of which are
 * asked, so large a share; the others are waited for so much longer, in milliseconds. All of them would hold a record:
 * one that is gone without a word is not waited for, and no connection is opened where enough are open.
 */
const QUORUM = { answers: 8, share: 0.75, graceMs: 25 };
/** How many peers that were not known before one search takes up: more are only named to keep it busy. */
const NAMED_MAX = 64;

/**
 * Asks the peers closest to a place, of the k closest that are known and that answers make known: first the very closest
 * that are connected, then, unless the answers were enough, all that are connected, and others as long as too few have
 * answered.
 *
 * It ends when most of them have answered; answers of the others are taken as long as the signal has not aborted.
 *
 * @returns How many peers have answered.
 */
export async function searchClosest(
  components: ClosestSearchComponents,
  target: ClosestSearchTarget,
  options: ClosestSearchOptions,
): Promise<number> {
  return await new ClosestSearch(components, target, options).run();
}

class ClosestSearch {
  readonly #components: ClosestSearchComponents;
  readonly #target: ClosestSearchTarget;
  readonly #options: ClosestSearchOptions;
  readonly #asked = new Set<BytesKey>();
  /** Peers that were not known before and that answers have named. */
  readonly #named = new Set<BytesKey>();
  #candidates: KnownPeer[];
  /** Whether there are such peers that were not asked yet, and how many of them are being asked. */
  #discovered = false;
  #following = 0;
  #running = 0;
  #answered = 0;
  /** How many of those that were connected were asked, have answered or failed, and are still to be asked. */
  #warm = { asked: 0, settled: 0, left: 0 };
  /** When it was last looked whether others have to be connected to. */
  #connectingMs = Infinity;
  #enough = false;
  #changed = Promise.withResolvers<void>();

  constructor(components: ClosestSearchComponents, target: ClosestSearchTarget, options: ClosestSearchOptions) {
    this.#components = components;
    this.#target = target;
    this.#options = options;
    this.#candidates = components.book.closest(target.kadId, REPLICATION);
  }

  async run(): Promise<number> {
    const { signal } = this.#options;
    let endMs = Infinity;
    for (let wave = FIRST_WAVE; !this.#enough && !signal.aborted && endMs > performance.now(); wave = REPLICATION) {
      if (this.#discovered) endMs = Infinity;
      const againMs = this.#ask(wave);
      if (this.#running === 0) return this.#answered;
      const decided = endMs < Infinity;
      const changed = () => this.#enough || this.#discovered || this.#running === 0 || !decided && this.#hasQuorum;
      await this.#settled(Math.min(againMs, endMs - performance.now()), changed);
      const graceMs = this.#following > 0 ? CONNECT_HEDGE_MS : QUORUM.graceMs;
      if (this.#hasQuorum) endMs = Math.min(endMs, performance.now() + graceMs);
    }
    if (this.#enough) await this.#settled(GRACE_MS, () => this.#running === 0);
    return this.#answered;
  }

  /** Whether as many have answered as it takes to say that nobody knows. */
  get #hasQuorum(): boolean {
    const { answers, share } = QUORUM;
    const { asked, settled, left } = this.#warm;
    const wanted = Math.min(answers, Math.ceil(this.#candidates.length * share));
    return left === 0 && this.#answered >= wanted && settled >= asked * share;
  }

  /** Asks the next peers and returns after how many milliseconds others are to be asked too. */
  #ask(count: number): number {
    this.#discovered = false;
    const next = this.#candidates.filter(({ key }) => !this.#asked.has(key));
    // Any of them may hold the record: those that can be asked at once come first.
    const [warm, cold] = [next.filter(({ connected }) => connected), next.filter(({ connected }) => !connected)];
    for (const peer of warm.slice(0, count)) void this.#askOne(peer);
    this.#warm.left = Math.max(0, warm.length - count);
    if (this.#warm.left > 0) return HEDGE_MS;
    if (warm.length > 0 && count < REPLICATION) return cold.length > 0 ? HEDGE_MS : Infinity;
    return this.#connect(cold, count);
  }

  /** The same for those that have to be connected to first: as many as are missing, and those that others named. */
  #connect(cold: readonly KnownPeer[], count: number): number {
    const nowMs = performance.now();
    const late = nowMs - this.#connectingMs >= CONNECT_HEDGE_MS;
    const missing = Math.min(count, QUORUM.answers - this.#answered - (late ? 0 : this.#running));
    const asked = cold.filter(({ key }, at) => at < missing || this.#named.has(key));
    if (asked.length > 0 || this.#connectingMs === Infinity) this.#connectingMs = nowMs;
    for (const peer of asked) void this.#askOne(peer);
    return asked.length < cold.length && !this.#hasQuorum ? CONNECT_HEDGE_MS : Infinity;
  }

  async #askOne(peer: KnownPeer): Promise<void> {
    const { signal, onAnswer } = this.#options;
    const { connected } = peer;
    this.#asked.add(peer.key);
    this.#running++;
    const named = this.#named.has(peer.key);
    if (connected) this.#warm.asked++;
    if (named) this.#following++;
    try {
      const answer = await this.#components.client.request(peer, this.#target.message, { signal });
      this.#answered++;
      if (onAnswer(answer)) this.#enough = true;
      else this.#follow(answer.closer);
    } catch {
      // A peer that does not answer is left aside; the book hears of lost connections itself.
    } finally {
      this.#running--;
      if (connected) this.#warm.settled++;
      if (named) this.#following--;
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    }
  }

  #follow(closer: readonly KadPeer[]): void {
    const { book, discover } = this.#components;
    const discovered: KnownPeer[] = [];
    for (const named of closer) {
      const key = bytesKey(named.id);
      if (this.#named.has(key) || book.get(key)) continue;
      if (this.#named.size >= NAMED_MAX) break;
      this.#named.add(key);
      const peer = discover(named);
      if (peer) discovered.push(peer);
    }
    if (discovered.length === 0) return;
    this.#discovered = true;
    this.#candidates = closest(this.#target.kadId, new Set([...this.#candidates, ...discovered]), REPLICATION);
  }

  /** Waits until the condition holds, the time is up or the search is aborted. */
  async #settled(ms: number, condition: () => boolean): Promise<void> {
    const { signal } = this.#options;
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const timer = ms === Infinity ? undefined : setTimeout(resolve, Math.max(0, ms));
    let waiting = true;
    over.then(() => waiting = false);
    using _ = onAbort(signal, resolve);
    while (waiting && !condition() && !signal.aborted) await Promise.race([this.#changed.promise, over]);
    clearTimeout(timer);
  }
}
