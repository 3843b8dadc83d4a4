import { LRUCache } from "lru-cache";
import { contentKey, type DistributionPath } from "../oci/distribution_path.ts";
import { MINUTE_MS, SECOND_MS } from "../core/units.ts";

/** How long a peer is left alone after its first failure, in milliseconds; the time doubles with every further one. */
const PROBATION_MIN_MS = SECOND_MS;
/** The longest time that a peer is left alone, in milliseconds: a node that restarts is back within it. */
const PROBATION_MAX_MS = MINUTE_MS;
/** How long a peer that is full is left alone, at least and at most, in milliseconds, whatever it asks for. */
const BUSY_MIN_MS = 200;
const BUSY_MAX_MS = 5 * SECOND_MS;
/** How long a peer is not asked again for what it did not have, in milliseconds: as long as found records are cached. */
const MISSING_MS = 5 * SECOND_MS;
/** How many peers, and how many pairs of peer and object, are remembered. */
const PEERS_MAX = 1_000;
/** How long a peer is not asked again for what it may have given wrong bytes of, in milliseconds. */
const SUSPECT_MS = 10 * MINUTE_MS;
const MISSING_MAX = 10_000;

/** A peer that failed. */
interface Probation {
  failures: number;
  untilMs: number;
}

/**
 * Remembers which peers are not worth asking for a while.
 *
 * A peer that fails is left alone, longer each time, and forgiven at its first success. One that merely does not have
 * something is asked for everything else: its record was older than its store. So is one that may have lied about it:
 * its disk may be bad, and others may have lied in its place.
 */
export class PeerReputation {
  readonly #probations = new LRUCache<string, Probation>({ max: PEERS_MAX });
  readonly #missing = new LRUCache<string, true>({ max: MISSING_MAX, ttl: MISSING_MS, ttlResolution: 0 });
  readonly #busy = new LRUCache<string, true>({ max: PEERS_MAX, ttl: BUSY_MIN_MS, ttlResolution: 0 });
  readonly #suspects = new LRUCache<string, true>({ max: MISSING_MAX, ttl: SUSPECT_MS, ttlResolution: 0 });
  readonly #now: () => number;

  /** @param now Tells the time in milliseconds. @default {performance.now} */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** The peer answered. */
  succeeded(peer: string): void {
    this.#probations.delete(peer);
  }

  /**
   * The peer could not be reached, broke off, or answered nonsense.
   *
   * Requests that were under way together fail together: while a peer is left alone, further failures change nothing.
   */
  failed(peer: string): void {
    const before = this.#probations.get(peer);
    if (before && this.#now() < before.untilMs) return;
    const failures = (before?.failures ?? 0) + 1;
    const pauseMs = Math.min(PROBATION_MIN_MS * 2 ** (failures - 1), PROBATION_MAX_MS);
    this.#probations.set(peer, { failures, untilMs: this.#now() + pauseMs });
  }

  /** The peer said that it is full: it is left alone for a moment, and for that long only. */
  full(peer: string, pauseMs: number): void {
    const ttl = Math.min(Math.max(pauseMs, BUSY_MIN_MS), BUSY_MAX_MS);
    this.#busy.set(peer, true, { ttl });
  }

  /** Returns whether the peer said a moment ago that it is full. */
  busy(peer: string): boolean {
    return this.#busy.has(peer);
  }

  /** The peer said that it does not have the object in this repository: it may have it in another one. */
  missed(peer: string, path: DistributionPath): void {
    this.#missing.set(pair(peer, objectName(path)), true);
  }

  /** Somebody knows that the peer has the object now, whatever it said a while ago. */
  gained(peer: string, path: DistributionPath): void {
    this.#missing.delete(pair(peer, objectName(path)));
  }

  /** The peer gave bytes of content that was not what its digest names, alone or with others. */
  lied(peer: string, digest: string): void {
    this.#suspects.set(pair(peer, digest), true);
  }

  /** Returns whether the peer may have given wrong bytes of this content a while ago. */
  suspect(peer: string, digest: string): boolean {
    return this.#suspects.has(pair(peer, digest));
  }

  /** Returns whether it is worth asking the peer for the object now. */
  worthAsking(peer: string, path: DistributionPath): boolean {
    const probation = this.#probations.get(peer);
    if (probation && this.#now() < probation.untilMs || this.busy(peer)) return false;
    return !this.#missing.has(pair(peer, objectName(path))) && !(path.digest && this.suspect(peer, path.digest));
  }
}

function objectName(path: DistributionPath): string {
  return `${path.registry}/${path.repository} ${contentKey(path)}`;
}

function pair(peer: string, key: string): string {
  return `${peer} ${key}`;
}
