import type { CallOptions } from "../../core/call_options.ts";
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
/** How long the peers that were asked may still answer when nobody else is going to be asked, in milliseconds. */
const GRACE_MS = 50;
/**
 * When all have been asked and nobody knows: which share of those that were connected has to have answered, and how many
 * in all, and how long the others are waited for then, in milliseconds. All of them would hold a record. One that is
 * gone without a word, or has to be connected to first, is not what a miss waits for.
 */
const QUORUM = { share: 0.75, answers: 5, graceMs: 25 };
/** How many peers that were not known before one search takes up: more are only named to keep it busy. */
const NAMED_MAX = 64;

/**
 * Asks the peers closest to a place: first the very closest, then, unless the answers were enough, all of the k closest
 * that are known, the ones among them that the answers made known.
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
  #discovered = false;
  #running = 0;
  #answered = 0;
  /** How many of those that were connected were asked, and how many of them have answered or failed. */
  #warm = { asked: 0, settled: 0 };
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
      const waiting = this.#ask(wave);
      if (this.#running === 0) return this.#answered;
      const ended = () => this.#enough || this.#discovered || this.#running === 0;
      if (waiting) await this.#settled(HEDGE_MS, ended);
      else if (endMs < Infinity) await this.#settled(endMs - performance.now(), ended);
      else await this.#settled(Infinity, () => ended() || this.#hasQuorum);
      if (!waiting && this.#hasQuorum) endMs = Math.min(endMs, performance.now() + QUORUM.graceMs);
    }
    if (this.#enough) await this.#settled(GRACE_MS, () => this.#running === 0);
    return this.#answered;
  }

  get #hasQuorum(): boolean {
    const { asked, settled } = this.#warm;
    return this.#answered >= QUORUM.answers && settled >= asked * QUORUM.share;
  }

  /** Asks the next peers and returns whether there are more. */
  #ask(count: number): boolean {
    this.#discovered = false;
    const next = this.#candidates.filter(({ key }) => !this.#asked.has(key));
    // Any of them may hold the record: those that can be asked at once come first.
    next.sort((a, b) => Number(b.connected) - Number(a.connected));
    for (const peer of next.slice(0, count)) void this.#askOne(peer);
    return next.length > count;
  }

  async #askOne(peer: KnownPeer): Promise<void> {
    const { signal, onAnswer } = this.#options;
    const { connected } = peer;
    this.#asked.add(peer.key);
    this.#running++;
    if (connected) this.#warm.asked++;
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
    const timer = ms === Infinity ? undefined : setTimeout(resolve, ms);
    let waiting = true;
    over.then(() => waiting = false);
    const onAbort = () => resolve();
    signal.addEventListener("abort", onAbort, { once: true });
    while (waiting && !condition() && !signal.aborted) await Promise.race([this.#changed.promise, over]);
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}
