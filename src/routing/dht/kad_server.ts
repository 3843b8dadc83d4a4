import type { Connection, PeerId, Stream } from "@libp2p/interface";
import { type BytesKey, bytesKey } from "./bytes_key.ts";
import { INBOUND_STREAM_IDLE_MS, REPLICATION } from "./constants.ts";
import { kadIdOf } from "./content_id.ts";
import { FrameStream } from "./frame_stream.ts";
import { decodeKadMessage, encodeKadMessage, KAD_MESSAGE_TYPES, type KadMessage, type KadPeer } from "./kad_message.ts";
import type { KnownPeer, PeerBook } from "./peer_book.ts";
import { RateBudget } from "./rate_budget.ts";
import type { RecordStore } from "./record_store.ts";
import { StreamReaper } from "./stream_reaper.ts";

/** This node, as it shows itself to the DHT. */
export interface SelfInfo {
  /** The multihash of its peer id. */
  readonly idBytes: Uint8Array;
  /** What it announces, as multiaddrs in binary form. */
  addrs(): Uint8Array[];
  /** Returns whether it provides a content itself. */
  provides(multihash: BytesKey): boolean;
}

/** What a {@linkcode KadServer} answers from. */
export interface KadServerComponents {
  self: SelfInfo;
  book: PeerBook;
  records: RecordStore;
  /** Told of every announcement. */
  onRecord(multihash: BytesKey, provider: KnownPeer): void;
}

/** The longest request that is read: an announcement with many addresses has about 1 KiB. */
const REQUEST_MAX_BYTES = 16 * 1024;
/**
 * How many messages one peer may send at once, and per second after that: all of a large node's announcements, and the
 * lookups of a large pull. What is more waits in the peer's own stream.
 */
const MESSAGE_BUDGET = { burst: 50_000, perSecond: 5_000 };
/** What a question costs, in announcements: many peers are compared for it. */
const QUESTION_COST = 5;
/** The most providers that one answer names: chosen by chance, which spreads the load of popular content. */
const PROVIDERS_PER_ANSWER = 16;

/**
 * Answers the DHT's questions.
 *
 * The server of `@libp2p/kad-dht` is not used: it reads every known peer from the peer store for every question,
 * answers with all providers of a key, fails when one of them has been forgotten there, buffers 4 MiB for each stream
 * and never lets a record expire.
 */
export class KadServer implements Disposable {
  readonly #self: SelfInfo;
  readonly #book: PeerBook;
  readonly #records: RecordStore;
  readonly #onRecord: KadServerComponents["onRecord"];
  readonly #budget = new RateBudget(MESSAGE_BUDGET);
  readonly #reaper = new StreamReaper(INBOUND_STREAM_IDLE_MS);
  /** The addresses that a peer last announced, so that a thousand announcements are read once. */
  readonly #announced = new WeakMap<object, readonly Uint8Array[]>();

  constructor({ self, book, records, onRecord }: KadServerComponents) {
    this.#self = self;
    this.#book = book;
    this.#records = records;
    this.#onRecord = onRecord;
  }

  /** Serves an incoming stream. */
  handle(stream: Stream, connection: Connection): void {
    const id = connection.remotePeer.toString();
    const frames = new FrameStream(stream, {
      maxFrameBytes: REQUEST_MAX_BYTES,
      onFrame: (frame) => {
        const message = decodeKadMessage(frame);
        this.#budget.spend(id, message.type === KAD_MESSAGE_TYPES.addProvider ? 1 : QUESTION_COST);
        const answer = this.answer(message, connection.remotePeer);
        if (answer) frames.send(encodeKadMessage(answer));
      },
      onEnd: () => this.#reaper.delete(frames),
      waitMs: () => this.#budget.spend(id, 0),
    });
    this.#reaper.add(frames);
  }

  /**
   * Answers one question. An announcement has no answer.
   *
   * @throws {TypeError} If the type of the question is not known.
   */
  answer(message: Required<KadMessage>, from: PeerId): KadMessage | undefined {
    const { type, key } = message;
    switch (type) {
      case KAD_MESSAGE_TYPES.addProvider:
        return this.#addProvider(message, from);
      case KAD_MESSAGE_TYPES.getProviders:
        return { type, key, closer: this.#closer(key, from), providers: this.#providers(bytesKey(key)) };
      case KAD_MESSAGE_TYPES.findNode:
        return { type, key, closer: this.#findNode(key, from) };
      case KAD_MESSAGE_TYPES.ping:
        return { type, key };
      default:
        throw new TypeError(`Cannot answer a DHT message of type ${type}`);
    }
  }

  /** A node can only announce itself; what it says of others is left aside. */
  #addProvider({ key, providers }: Required<KadMessage>, from: PeerId): undefined {
    const peer = this.#book.meet(from);
    const { key: idKey } = peer;
    const own = providers.find(({ id, addrs }) => addrs.length > 0 && sameBytes(id, peer.idBytes));
    if (!own || key.length === 0) return;
    const last = this.#announced.get(peer);
    if (last && sameAddrs(last, own.addrs)) {
      this.#book.heard(peer);
    } else {
      const addrs = own.addrs.map((addr) => addr.slice());
      this.#announced.set(peer, addrs);
      this.#book.tell(peer, addrs);
    }
    if (peer.addresses.length === 0) return;
    const multihash = bytesKey(key);
    this.#records.put(multihash, idKey);
    this.#onRecord(multihash, peer);
  }

  #providers(key: BytesKey): KadPeer[] {
    const found: KadPeer[] = [];
    if (this.#self.provides(key)) found.push({ id: this.#self.idBytes, addrs: this.#self.addrs() });
    for (const idKey of this.#records.get(key, PROVIDERS_PER_ANSWER)) {
      const peer = this.#book.get(idKey);
      if (peer && peer.goneSinceMs === undefined && peer.addrs.length > 0) {
        found.push({ id: peer.idBytes, addrs: peer.addrs });
      }
    }
    return found.filter(({ addrs }) => addrs.length > 0);
  }

  #closer(key: Uint8Array, from: PeerId): KadPeer[] {
    return this.#book.closest(kadIdOf(key), REPLICATION + 1)
      .filter(({ peerId, addrs }) => addrs.length > 0 && !peerId.equals(from))
      .slice(0, REPLICATION)
      .map(({ idBytes, addrs }) => ({ id: idBytes, addrs }));
  }

  /** The node that is asked for comes first where it is known, even if it is this one or the one that asks. */
  #findNode(key: Uint8Array, from: PeerId): KadPeer[] {
    const closer = this.#closer(key, from).filter(({ id }) => !sameBytes(id, key));
    const known = this.#book.get(key);
    if (sameBytes(key, this.#self.idBytes)) return [{ id: key, addrs: this.#self.addrs() }, ...closer];
    if (known && known.addrs.length > 0) return [{ id: key, addrs: known.addrs }, ...closer];
    return closer;
  }

  /** Ends every stream. */
  [Symbol.dispose](): void {
    this.#reaper[Symbol.dispose]();
  }
}

function sameAddrs(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  return a.length === b.length && a.every((bytes, at) => sameBytes(bytes, b[at] ?? new Uint8Array()));
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
