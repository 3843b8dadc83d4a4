import { getLogger } from "@logtape/logtape";
import { errorMessage } from "../../core/errors.ts";
import { SECOND_MS } from "../../core/units.ts";
import type { DhtHost } from "./dht_host.ts";
import type { Introductions } from "./introductions.ts";
import type { PeerBook } from "./peer_book.ts";

/** What {@linkcode Upkeep} works with. */
export interface UpkeepComponents {
  host: DhtHost;
  book: PeerBook;
  introductions: Introductions;
}

/** How {@linkcode Upkeep} keeps time. */
export interface UpkeepOptions {
  /** How often it is looked after everything, in milliseconds. @default {30_000} */
  intervalMs?: number;
}

/** How many peers that are gone are tried again each time. */
const RETRIED_PER_ROUND = 4;

const logger = getLogger(["peili", "routing"]);

/** Looks after what no event tells: peers that come back, peers that never said what they are, peers of long ago. */
export class Upkeep implements Disposable {
  readonly #components: UpkeepComponents;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(components: UpkeepComponents, options: UpkeepOptions = {}) {
    const { intervalMs = 30 * SECOND_MS } = options;
    this.#components = components;
    this.#timer = setInterval(() => this.#round(), intervalMs);
  }

  #round(): void {
    const { host, book, introductions } = this.#components;
    for (const { peerId } of book.forgetOld()) host.peerStore.delete(peerId).catch(() => {});
    const gone = book.gone().filter(({ addresses }) => addresses.length > 0);
    for (const peer of pick(gone, RETRIED_PER_ROUND)) introductions.introduce(peer).catch(() => {});
    for (const connection of host.getConnections()) {
      if (book.get(connection.remotePeer.toMultihash().bytes)?.connected) continue;
      host.services.identify.identify(connection).catch((reason: unknown) => {
        logger.debug("Cannot identify {id}: {error}", {
          id: connection.remotePeer.toString(),
          error: errorMessage(reason),
        });
      });
    }
  }

  /** Ends it. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

function pick<T>(items: T[], count: number): T[] {
  return items.map((item) => ({ item, order: Math.random() })).toSorted((a, b) => a.order - b.order)
    .slice(0, count).map(({ item }) => item);
}
