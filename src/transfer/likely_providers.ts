import { LRUCache } from "lru-cache";
import { MINUTE_MS } from "../core/units.ts";
import type { Provider } from "../routing/router.ts";

/** How long a node that gave a manifest is the likeliest one for what the manifest refers to, in milliseconds. */
const LIKELY_MS = MINUTE_MS;
/** How many keys are remembered: the layers of some hundred images. */
const KEYS_MAX = 5_000;

/** A provider that nobody has named: what it does not have says nothing of what it will have. */
export interface Guess extends Provider {
  guessed: true;
}

/** Returns whether a provider is a guess. */
export function isGuess(provider: Provider): boolean {
  return "guessed" in provider;
}

/**
 * Remembers who probably has a key: the node that gave a manifest pulled the image, and so its layers too.
 *
 * It can be asked before any lookup has ended.
 */
export class LikelyProviders {
  readonly #providers = new LRUCache<string, Guess>({ max: KEYS_MAX, ttl: LIKELY_MS, ttlResolution: 0 });

  /** Notes that a provider gave what refers to these keys. */
  add(keys: Iterable<string>, provider: Provider): void {
    for (const key of keys) this.#providers.set(key, { ...provider, guessed: true });
  }

  /** Returns who probably has the key. */
  get(key: string): Guess | undefined {
    return this.#providers.get(key);
  }

  /** Takes note that it was not so. */
  delete(key: string): void {
    this.#providers.delete(key);
  }
}
