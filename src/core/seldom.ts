import { LRUCache } from "lru-cache";
import { MINUTE_MS } from "./units.ts";

/** For how long something is old news, in milliseconds. */
const NEWS_MS = 10 * MINUTE_MS;
/** How many things are remembered. */
const REMEMBERED_MAX = 256;

/** Tells news from what was said a moment ago, for log lines that others can cause. */
export class Seldom {
  readonly #said = new LRUCache<string, true>({ max: REMEMBERED_MAX, ttl: NEWS_MS, ttlResolution: 0 });

  /** Returns whether this is news, and takes it as said. */
  isNews(what: string): boolean {
    if (this.#said.has(what)) return false;
    this.#said.set(what, true);
    return true;
  }
}
