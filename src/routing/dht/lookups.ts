import { LRUCache } from "lru-cache";
import { deadline } from "../../core/deadline.ts";
import type { LookupOptions, Provider } from "../router.ts";
import { type BytesKey, bytesKey } from "./bytes_key.ts";
import { searchClosest } from "./closest_search.ts";
import { isCloser } from "../closest.ts";
import { REPLICATION } from "./constants.ts";
import { type ContentId, contentId, kadIdOf } from "./content_id.ts";
import type { Introductions } from "./introductions.ts";
import type { KadClient } from "./kad_client.ts";
import { KAD_MESSAGE_TYPES, type KadPeer } from "./kad_message.ts";
import type { SelfInfo } from "./kad_server.ts";
import { LookupFlight } from "./lookup_flight.ts";
import type { KnownPeer, PeerBook } from "./peer_book.ts";
import type { ProviderHosts } from "./provider_hosts.ts";
import type { RecordStore } from "./record_store.ts";

/** What {@linkcode Lookups} works with. */
export interface LookupsComponents {
  self: SelfInfo;
  book: PeerBook;
  records: RecordStore;
  client: Pick<KadClient, "request">;
  hosts: Pick<ProviderHosts, "of">;
  introductions: Pick<Introductions, "discover" | "introduce">;
  /** What peers have said that they no longer provide, for as long as records of it may be about. */
  withdrawn: RecordStore;
}

/** How many providers a lookup yields at most, unless it is told otherwise. */
const DEFAULT_LIMIT = 3;
/** How long a search may take, whoever still waits for it, in milliseconds: its result may serve the next request. */
const SEARCH_TIMEOUT_MS = 1_000;
/** How many searches are remembered or under way. */
const FLIGHTS_MAX = 4_096;
/** How many searches may be under way at once; more only look at the records that this node holds itself. */
const RUNNING_MAX = 256;
/** Providers enough that nobody else is asked. */
const ENOUGH_PROVIDERS = 8;

/** Finds providers. */
export class Lookups implements Disposable {
  readonly #components: LookupsComponents;
  readonly #kadId: Uint8Array;
  readonly #flights = new LRUCache<BytesKey, LookupFlight>({ max: FLIGHTS_MAX });
  readonly #stop = new AbortController();
  #running = 0;

  constructor(components: LookupsComponents) {
    this.#components = components;
    this.#kadId = kadIdOf(components.self.idBytes);
  }

  /** Yields the providers of a content key as they are found; see the port. */
  async *lookup(key: string, options: LookupOptions = {}): AsyncGenerator<Provider> {
    const { limit = DEFAULT_LIMIT, signal } = options;
    if (signal?.aborted) return;
    const id = contentId(key);
    const flightKey = bytesKey(id.multihash);
    let flight = this.#flights.get(flightKey);
    if (!flight?.isFresh(limit)) {
      flight = new LookupFlight(flightKey);
      this.#flights.set(flightKey, flight);
      void this.#search(id, flight);
    }
    yield* flight.providers(limit, { signal });
  }

  /** Takes note that a peer has announced a content to this node: what was found before is no longer all there is. */
  announced(multihash: BytesKey, peer: KnownPeer): void {
    const flight = this.#flights.peek(multihash);
    if (!flight) return;
    if (flight.missed) this.#flights.delete(multihash);
    else this.#found(flight, { id: peer.idBytes, addrs: peer.addrs });
  }

  /** Takes note that a peer does not provide a content any more. */
  withdrawn(multihash: BytesKey, peer: KnownPeer): void {
    this.#flights.peek(multihash)?.delete(peer.id);
  }

  async #search({ multihash, kadId }: ContentId, flight: LookupFlight): Promise<void> {
    const { records, book } = this.#components;
    let isHolder: boolean | undefined; // it takes a look at all peers, which few lookups need
    for (const idKey of records.get(bytesKey(multihash), ENOUGH_PROVIDERS)) {
      const peer = book.get(idKey);
      if (peer && (peer.connected || (isHolder ??= this.#isHolder(kadId)))) {
        this.#found(flight, { id: peer.idBytes, addrs: peer.addrs });
      }
    }
    let answered = 0;
    if (flight.size < ENOUGH_PROVIDERS && this.#running < RUNNING_MAX && !this.#stop.signal.aborted) {
      this.#running++;
      answered = await searchClosest(
        { ...this.#components, discover: (peer) => this.#components.introductions.discover(peer) },
        { kadId, message: { type: KAD_MESSAGE_TYPES.getProviders, key: multihash } },
        {
          signal: deadline(SEARCH_TIMEOUT_MS, this.#stop.signal),
          onAnswer: ({ providers }) => {
            for (const provider of providers) this.#found(flight, provider);
            return flight.size > 0;
          },
        },
      );
      this.#running--;
    }
    flight.end(answered > 0);
  }

  /**
   * Whether this node is one of those that hold the records of a content. If it is not, but was so when the cluster was
   * smaller, a provider that is not connected does not tell it that it has the content no more.
   */
  #isHolder(kadId: Uint8Array): boolean {
    const farthest = this.#components.book.closest(kadId, REPLICATION)[REPLICATION - 1];
    return farthest === undefined || isCloser(kadId, this.#kadId, farthest.kadId);
  }

  #found(flight: LookupFlight, provider: KadPeer): void {
    const { self, book, hosts, introductions, withdrawn } = this.#components;
    if (bytesKey(provider.id) === bytesKey(self.idBytes)) return;
    const known = book.get(provider.id);
    const peer = known ?? introductions.discover(provider);
    if (!peer || flight.has(peer.id) || !book.isNameable(peer)) return;
    if (withdrawn.has(flight.key, peer.key)) return;
    this.#add(flight, peer, hosts.of(peer));
    if (known?.connected || known?.info) return;
    // Not met yet: where it serves content is a guess until it has told so itself.
    introductions.introduce(peer, { signal: this.#stop.signal })
      .then(() => this.#add(flight, peer, hosts.of(peer)), () => {});
  }

  #add(flight: LookupFlight, peer: KnownPeer, hosts: string[]): void {
    if (hosts.length === 0) return;
    const startedMs = peer.membership?.startedMs;
    const isGone = () => !this.#components.book.isNameable(peer) || peer.membership?.startedMs !== startedMs;
    flight.add({ id: peer.id, hosts, isGone, tells: () => peer.connected });
  }

  /** Ends every search. */
  [Symbol.dispose](): void {
    this.#stop.abort(new Error("the node stops"));
  }
}
