import { LRUCache } from "lru-cache";
import { MINUTE_MS } from "../core/units.ts";
import type { Digest } from "../oci/digest.ts";
import type { RunningHash } from "./running_hash.ts";

/** How long the hash of a body that ended early is kept: its client asks for the rest at once, or never. */
const KEEP_MS = 10 * MINUTE_MS;
/** How many are kept: more than a node relays at a time. One takes some hundred bytes. */
const STATES_MAX = 1_000;

/** What is known of the beginning of a blob that was passed on. */
export interface HashState {
  /** The hash of all bytes up to its position. */
  hash: RunningHash;
  /** Who gave them. */
  sources: ReadonlySet<string>;
}

/** Keeps the hashes of bodies that ended early, for those that go on where they stopped. */
export class HashStates {
  readonly #states = new LRUCache<string, HashState>({ max: STATES_MAX, ttl: KEEP_MS, ttlResolution: 0 });

  /** Keeps a state, which must change no more. */
  keep(digest: Digest, state: HashState): void {
    this.#states.set(`${digest} ${state.hash.position}`, state);
  }

  /** Returns the state at this byte, if a body ended there. It stays: a client may ask for the same rest twice. */
  at(digest: Digest, position: number): HashState | undefined {
    return this.#states.get(`${digest} ${position}`);
  }
}
