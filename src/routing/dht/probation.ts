import { deadline } from "../../core/deadline.ts";
import { MINUTE_MS, SECOND_MS } from "../../core/units.ts";
import type { DhtHost } from "./dht_host.ts";
import type { Introductions } from "./introductions.ts";
import type { KnownPeer, PeerBook } from "./peer_book.ts";

/** What {@linkcode Probation} works with. */
export interface ProbationComponents {
  host: DhtHost;
  book: PeerBook;
  introductions: Introductions;
  /** Told of a member that turned out to be gone. */
  onLost(peer: KnownPeer): void;
}

/** How long a peer is left out of answers after the first failed fetch, and at most, in milliseconds. */
const FIRST_MS = 2 * SECOND_MS;
const LONGEST_MS: number = MINUTE_MS;
/** After how long without a failure earlier ones count no more, in milliseconds. */
const FORGIVEN_MS = 2 * LONGEST_MS;
/** How long a peer has to show that it is there, in milliseconds. */
const CHECK_TIMEOUT_MS = SECOND_MS;

/** Keeps peers out of answers from which fetching has failed, for longer and longer, and looks whether they are there. */
export class Probation implements Disposable {
  readonly #components: ProbationComponents;
  readonly #checking = new Set<KnownPeer>();
  readonly #stop = new AbortController();

  constructor(components: ProbationComponents) {
    this.#components = components;
  }

  /** Takes note that fetching from a peer has failed. */
  failed(id: string): void {
    const peer = this.#components.book.find(id);
    if (!peer || this.#stop.signal.aborted) return;
    const nowMs = Date.now();
    if (nowMs < peer.probationUntilMs) return; // of an answer that was given before: the same failure
    if (nowMs - peer.probationUntilMs > FORGIVEN_MS) peer.failedFetches = 0;
    const pauseMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** peer.failedFetches++);
    peer.probationUntilMs = nowMs + pauseMs;
    void this.#check(peer);
  }

  async #check(peer: KnownPeer): Promise<void> {
    if (this.#checking.has(peer)) return;
    this.#checking.add(peer);
    const { host, introductions, onLost } = this.#components;
    const signal = deadline(CHECK_TIMEOUT_MS, this.#stop.signal);
    try {
      if (peer.connected) await host.services.ping.ping(peer.peerId, { signal });
      else if (peer.goneSinceMs === undefined) await introductions.connect(peer, { signal });
    } catch {
      if (this.#stop.signal.aborted) return;
      if (peer.connected) host.hangUp(peer.peerId, { signal: deadline(CHECK_TIMEOUT_MS) }).catch(() => {});
      else onLost(peer);
    } finally {
      this.#checking.delete(peer);
    }
  }

  /** Ends every look. */
  [Symbol.dispose](): void {
    this.#stop.abort(new Error("the node stops"));
  }
}
