/**
 * The ports of routing: who has which content.
 *
 * @module
 */
import type { CallOptions } from "../core/call_options.ts";
import type { Membership, Messenger } from "./members.ts";

/** A node that announced a content key. */
export interface Provider {
  /** The node's libp2p peer id. */
  id: string;
  /** Its peer listeners, as `host:port` with IPv6 in brackets, the likeliest to work first. At least one. */
  hosts: readonly string[];
}

/** How a lookup is bounded. */
export interface LookupOptions extends CallOptions {
  /** The most providers to yield. @default {3} */
  limit?: number;
}

/** Finds providers. */
export interface ProviderFinder {
  /**
   * Yields nodes that announced the key, never this node itself, each one once, as they are found.
   *
   * Ends when nobody else can be found or the limit is reached. It ends, without an error, when the signal aborts.
   */
  lookup(key: string, options?: LookupOptions): AsyncIterable<Provider>;
}

/** Announces keys. */
export interface KeyAnnouncer {
  /**
   * Adds keys to the set that this node keeps announced. Returns at once: announcing goes on in the background, is
   * repeated before records expire, and waits for peers while there are none.
   */
  announce(keys: Iterable<string>): void;
  /** Takes keys out of the set. */
  withdraw(keys: Iterable<string>): void;
}

/** How well a node is connected. */
export interface RouterState {
  /** `degraded`: running, but without a single peer. */
  status: "ready" | "degraded";
  /** How many peers it knows and can ask. */
  peers: number;
}

/** A router of content alone. */
export interface ContentRouter extends ProviderFinder, KeyAnnouncer, AsyncDisposable {
  /** This node's libp2p peer id. */
  readonly id: string;
  /** How well it is connected now. */
  state(): RouterState;
}

/** Hears of nodes that fail. */
export interface PeerWatcher {
  /**
   * Takes note that content could not be fetched from a node that lookups named. The node is looked at again, and is
   * left out of answers for a while, the longer the more often it fails. Not for content that it says it does not have.
   */
  failed(id: string): void;
}

/** A whole router. */
export interface Router extends ContentRouter, Membership, Messenger, PeerWatcher {}
