import type { Stream } from "@libp2p/interface";
import type { CallOptions } from "../../core/call_options.ts";
import { abortable, deadline } from "../../core/deadline.ts";
import { KIB, SECOND_MS } from "../../core/units.ts";
import type { BytesKey } from "./bytes_key.ts";
import { KAD_PROTOCOL, STREAM_IDLE_MS } from "./constants.ts";
import type { DialOptions } from "./dialer.ts";
import { FrameStream } from "./frame_stream.ts";
import { KadChannel, type KadRequestOptions } from "./kad_channel.ts";
import { encodeKadMessage, KAD_MESSAGE_TYPES, type KadMessage } from "./kad_message.ts";
import type { KnownPeer } from "./peer_book.ts";
import { Slots } from "./slots.ts";
import { StreamReaper } from "./stream_reaper.ts";

/** What opens connections and streams to peers. */
export interface StreamOpener {
  /**
   * Opens a connection, where there is none.
   *
   * @throws {Error} If the peer cannot be reached.
   */
  connect(peer: KnownPeer, options: DialOptions): Promise<void>;
  /**
   * Opens a stream, and a connection where there is none.
   *
   * @throws {Error} If the peer cannot be reached, or does not speak the protocol.
   */
  openStream(peer: KnownPeer, protocol: string, options: CallOptions): Promise<Stream>;
}

/** How long opening a stream may take, with the connection where there is none. */
const OPEN_TIMEOUT_MS = 2 * SECOND_MS;
/** The longest answer to an announcement: that of a ping. */
const ANSWER_MAX_BYTES = KIB;
/** Up to how many records go where questions go. */
const FEW_RECORDS = 16;
/** Announcements have no answer. The answer to a ping behind them tells that they were taken. */
const TAKEN: KadMessage = { type: KAD_MESSAGE_TYPES.ping, key: new Uint8Array() };

/** Asks other nodes of the DHT, over streams that stay open. */
export class KadClient implements Disposable {
  readonly #opener: StreamOpener;
  readonly #reaper = new StreamReaper(STREAM_IDLE_MS);
  readonly #channels = new Map<BytesKey, Promise<KadChannel>>();
  readonly #turns = new Slots(1);
  readonly #stop = new AbortController();

  constructor(opener: StreamOpener) {
    this.#opener = opener;
  }

  /**
   * Asks a peer and returns its answer.
   *
   * @throws {Error} If the peer cannot be reached, answers late or not in the protocol.
   */
  async request(peer: KnownPeer, message: KadMessage, options: CallOptions = {}): Promise<Required<KadMessage>> {
    const { signal = this.#stop.signal } = options;
    return await this.#ask(peer, message, { signal });
  }

  /**
   * Sends announcements to a peer, and waits until it has taken all of them.
   *
   * @param frames Encoded messages of the type `addProvider`.
   * @throws {Error} If the peer cannot be reached or has not taken all of them.
   */
  async sendRecords(peer: KnownPeer, frames: Iterable<Uint8Array>, options: CallOptions = {}): Promise<void> {
    const { signal = this.#stop.signal } = options;
    // First of all: what is withdrawn meanwhile is not announced any more.
    await this.#opener.connect(peer, { signal, background: true });
    const iterator = frames[Symbol.iterator]();
    const ahead: Uint8Array[] = [];
    let next = iterator.next();
    for (; !next.done && ahead.length < FEW_RECORDS; next = iterator.next()) ahead.push(next.value);
    if (!next.done) await this.#sendMany(peer, join(ahead, next.value, iterator), signal);
    // Opening a stream takes ten times as many messages as a few records do.
    else if (ahead.length > 0) await this.#ask(peer, TAKEN, { signal, ahead });
  }

  async #ask(peer: KnownPeer, message: KadMessage, options: KadRequestOptions): Promise<Required<KadMessage>> {
    const { signal } = options;
    const { key } = peer;
    peer.usedMs = Date.now();
    const warm = this.#channels.get(key);
    try {
      const channel = await abortable(warm ?? this.#open(peer, key), signal);
      return await channel.request(message, options);
    } catch (reason) {
      // The peer may have ended a stream that it thought unused: that is worth one more try.
      if (!warm || signal.aborted || this.#channels.get(key) === warm) throw reason;
    }
    const channel = await abortable(this.#channels.get(key) ?? this.#open(peer, key), signal);
    return await channel.request(message, options);
  }

  /** Sends them over a stream of their own, so that no question waits behind them. */
  async #sendMany(peer: KnownPeer, frames: Iterable<Uint8Array>, signal: AbortSignal): Promise<void> {
    peer.usedMs = Date.now();
    const stream = await this.#opener.openStream(peer, KAD_PROTOCOL, {
      signal: deadline(OPEN_TIMEOUT_MS, signal),
    });
    const { promise: taken, resolve, reject } = Promise.withResolvers<void>();
    taken.catch(() => {}); // may fail while the frames are still being sent
    const records = new FrameStream(stream, {
      maxFrameBytes: ANSWER_MAX_BYTES,
      onFrame: () => resolve(),
      onEnd: () => reject(new Error(`Cannot announce to "${peer.id}": the stream ended`)),
    });
    try {
      await records.sendAll(frames, { signal, turns: this.#turns });
      records.send(encodeKadMessage(TAKEN));
      await abortable(taken, signal);
      records.close();
    } catch (reason) {
      records.abort(reason);
      throw reason;
    }
  }

  #open(peer: KnownPeer, key: BytesKey): Promise<KadChannel> {
    const opening = this.#openChannel(peer, () => {
      if (this.#channels.get(key) === opening) this.#channels.delete(key);
    });
    opening.catch(() => {
      if (this.#channels.get(key) === opening) this.#channels.delete(key);
    });
    this.#channels.set(key, opening);
    return opening;
  }

  async #openChannel(peer: KnownPeer, onEnd: () => void): Promise<KadChannel> {
    const stream = await this.#opener.openStream(peer, KAD_PROTOCOL, {
      signal: deadline(OPEN_TIMEOUT_MS, this.#stop.signal),
    });
    const channel = new KadChannel(stream, () => {
      this.#reaper.delete(channel.frames);
      onEnd();
    });
    this.#reaper.add(channel.frames);
    return channel;
  }

  /** Ends every stream; what is under way fails. */
  [Symbol.dispose](): void {
    this.#stop.abort(new Error("the node stops"));
    this.#reaper[Symbol.dispose]();
  }
}

function* join<T>(first: readonly T[], next: T, others: Iterator<T>): Generator<T> {
  yield* first;
  yield next;
  yield* Iterator.from(others);
}
