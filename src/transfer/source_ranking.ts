import { LRUCache } from "lru-cache";
import { MINUTE_MS } from "../core/units.ts";
import type { Membership } from "../routing/members.ts";
import type { Provider } from "../routing/router.ts";

/** How much likelier nodes are chosen that have it for all that is known: the records of others may be old. */
const KNOWN_WEIGHT = 2;
/** How much likelier a node of the own zone is chosen: what crosses zones is slow and is paid for. */
const SAME_ZONE_WEIGHT = 16;
/** How far the time to the first byte may change what is chosen: a slow node is still asked now and then. */
const SPEED_WEIGHT_MAX = 4;
/** What is left of the weight of a node that says it is full: what it said may be old. */
const FULL_WEIGHT = 1 / 16;
/** How much of an estimate the latest observation makes up. */
const NEWEST_SHARE = 0.3;
/** How many peers' times are remembered, and for how long, in milliseconds. */
const PEERS_MAX = 1_000;
const REMEMBER_MS = 10 * MINUTE_MS;

/** What {@linkcode SourceRanking} works with. */
export interface SourceRankingComponents {
  /** Tells where nodes are and how busy they are. @default nobody does */
  members?: Pick<Membership, "member" | "self">;
  /** Returns a number from 0 on, below 1. @default {Math.random} */
  random?: () => number;
}

/**
 * Chooses among nodes that have the same content.
 *
 * By chance, with odds: nodes that start at once together find the same providers in the same order, and would all go
 * to the first one.
 */
export class SourceRanking {
  readonly #members: SourceRankingComponents["members"];
  readonly #random: () => number;
  readonly #firstByteMs = new LRUCache<string, number>({ max: PEERS_MAX, ttl: REMEMBER_MS, ttlResolution: 0 });
  readonly #reading = new Map<string, number>();

  constructor({ members, random = Math.random }: SourceRankingComponents = {}) {
    this.#members = members;
    this.#random = random;
  }

  /** Notes how long a node took to answer, in milliseconds. */
  answered(peer: string, elapsedMs: number): void {
    const before = this.#firstByteMs.get(peer) ?? elapsedMs;
    this.#firstByteMs.set(peer, before + NEWEST_SHARE * (elapsedMs - before));
  }

  /** Notes that a body is being read from a node, until it is disposed of. */
  reading(peer: string): Disposable {
    this.#reading.set(peer, this.#readingFrom(peer) + 1);
    let over = false;
    return {
      [Symbol.dispose]: () => {
        if (over) return;
        over = true;
        const left = this.#readingFrom(peer) - 1;
        if (left > 0) this.#reading.set(peer, left);
        else this.#reading.delete(peer);
      },
    };
  }

  /**
   * Chooses one of some providers.
   *
   * @param providers At least one.
   * @param known The ids of those that have it for all that is known, such as the one that gave the manifest.
   * @returns Its index.
   */
  choose(providers: readonly Provider[], known?: ReadonlySet<string>): number {
    const usualMs = this.#usualMs(providers);
    const weights = providers.map(({ id }) => this.#weight(id, usualMs) * (known?.has(id) ? KNOWN_WEIGHT : 1));
    let left = this.#random() * weights.reduce((sum, weight) => sum + weight, 0);
    const chosen = weights.findIndex((weight) => (left -= weight) < 0);
    return chosen < 0 ? providers.length - 1 : chosen;
  }

  #weight(peer: string, usualMs: number | undefined): number {
    const member = this.#members?.member(peer);
    const zone = this.#members?.self().zone;
    const sameZone = zone !== undefined && zone !== "" && member?.zone === zone;
    const ownMs = this.#firstByteMs.get(peer);
    const speed = ownMs === undefined || usualMs === undefined ? 1 : usualMs / Math.max(ownMs, 0.1);
    const spare = Math.max(1 - (member?.load ?? 0), FULL_WEIGHT);
    const clamped = Math.min(Math.max(speed, 1 / SPEED_WEIGHT_MAX), SPEED_WEIGHT_MAX);
    return (sameZone ? SAME_ZONE_WEIGHT : 1) * clamped * spare / (1 + this.#readingFrom(peer));
  }

  /** The mean of the times that are known. */
  #usualMs(providers: readonly Provider[]): number | undefined {
    const known = providers.map(({ id }) => this.#firstByteMs.get(id)).filter((ms) => ms !== undefined);
    return known.length === 0 ? undefined : known.reduce((sum, ms) => sum + ms, 0) / known.length;
  }

  #readingFrom(peer: string): number {
    return this.#reading.get(peer) ?? 0;
  }
}
