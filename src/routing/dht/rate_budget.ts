import { LRUCache } from "lru-cache";
import { SECOND_MS } from "../../core/units.ts";

/** How a {@linkcode RateBudget} is set. */
export interface RateBudgetOptions {
  /** How much may be spent at once. */
  burst: number;
  /** How much comes back per second. */
  perSecond: number;
  /** Tells the time in milliseconds. @default {Date.now} */
  now?: () => number;
}

/** How many peers are kept account of; one that is forgotten begins anew, having been silent for longest. */
const PEERS_MAX = 2_048;

interface Account {
  left: number;
  filledMs: number;
}

/** How much each peer may ask of this node. */
export class RateBudget {
  readonly #burst: number;
  readonly #perSecond: number;
  readonly #now: () => number;
  readonly #accounts = new LRUCache<string, Account>({ max: PEERS_MAX });

  constructor({ burst, perSecond, now = Date.now }: RateBudgetOptions) {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#now = now;
  }

  /** Takes from what a peer has left, and returns whether that was enough. */
  take(peer: string, cost = 1): boolean {
    const account = this.#account(peer);
    if (account.left < cost) return false;
    account.left -= cost;
    return true;
  }

  /**
   * Takes more than a peer has left, if need be.
   *
   * @returns How long the peer has to be left waiting for that, in milliseconds; usually 0.
   */
  spend(peer: string, cost = 1): number {
    const account = this.#account(peer);
    account.left -= cost;
    return Math.max(0, -account.left / this.#perSecond * SECOND_MS);
  }

  #account(peer: string): Account {
    const nowMs = this.#now();
    const account = this.#accounts.get(peer) ?? { left: this.#burst, filledMs: nowMs };
    account.left = Math.min(this.#burst, account.left + (nowMs - account.filledMs) / SECOND_MS * this.#perSecond);
    account.filledMs = nowMs;
    this.#accounts.set(peer, account);
    return account;
  }
}
