import { SECOND_MS } from "../../core/units.ts";
import type { DhtHost } from "./dht_host.ts";
import { identifyConnection } from "./identify_connection.ts";
import type { PeerBook } from "./peer_book.ts";

/** What {@linkcode Upkeep} works with. */
export interface UpkeepComponents {
  host: DhtHost;
  book: PeerBook;
}

/** How {@linkcode Upkeep} keeps time. */
export interface UpkeepOptions {
  /** How often it is looked after everything, in milliseconds. @default {10_000} */
  intervalMs?: number;
}

/** Looks after what no event tells: peers that never said what they are, peers of long ago. */
export class Upkeep implements Disposable {
  readonly #components: UpkeepComponents;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(components: UpkeepComponents, options: UpkeepOptions = {}) {
    const { intervalMs = 10 * SECOND_MS } = options;
    this.#components = components;
    this.#timer = setInterval(() => this.#round(), intervalMs);
  }

  #round(): void {
    const { host, book } = this.#components;
    for (const { peerId } of book.forgetOld()) host.peerStore.delete(peerId).catch(() => {});
    for (const connection of host.getConnections()) {
      if (book.get(connection.remotePeer.toMultihash().bytes)?.met) continue;
      identifyConnection(host, connection);
    }
  }

  /** Ends it. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
