import type { CallOptions } from "../../core/call_options.ts";
import { abortable, deadline } from "../../core/deadline.ts";
import { errorMessage } from "../../core/errors.ts";
import { MEMBER_MESSAGE_MAX_BYTES } from "../members.ts";
import { MEMBER_TIMEOUT_MS, STREAM_IDLE_MS } from "./constants.ts";
import { GOSSIP_PROTOCOL } from "./gossip_message.ts";
import type { StreamOpener } from "./kad_client.ts";
import { MemberChannel } from "./member_channel.ts";
import type { KnownPeer, PeerBook } from "./peer_book.ts";
import { StreamReaper } from "./stream_reaper.ts";

/** What a {@linkcode MemberMessenger} works with. */
export interface MemberMessengerComponents {
  opener: StreamOpener;
  book: PeerBook;
}

/** How many streams to members are kept open; the one that is unused for longest makes room. */
const CHANNELS_MAX = 256;

/** Sends messages to members, over streams that stay open; see the port. */
export class MemberMessenger implements Disposable {
  readonly #components: MemberMessengerComponents;
  readonly #channels = new Map<string, Promise<MemberChannel>>();
  readonly #reaper = new StreamReaper(STREAM_IDLE_MS);
  readonly #stop = new AbortController();

  constructor(components: MemberMessengerComponents) {
    this.#components = components;
  }

  /**
   * Sends a message and returns the answer.
   *
   * @throws {RangeError} If the message is too long.
   * @throws {Error} If the member is not known or not reached, or does not answer in time.
   */
  async request(id: string, protocol: string, message: Uint8Array, options: CallOptions = {}): Promise<Uint8Array> {
    options.signal?.throwIfAborted();
    if (message.length > MEMBER_MESSAGE_MAX_BYTES) {
      throw new RangeError(`Cannot send ${message.length} bytes: at most ${MEMBER_MESSAGE_MAX_BYTES} are allowed`);
    }
    try {
      const peer = this.#components.book.find(id);
      if (!peer?.peili || peer.goneSinceMs !== undefined) throw new Error("it is not known");
      const signal = AbortSignal.any([deadline(MEMBER_TIMEOUT_MS, options.signal), this.#stop.signal]);
      if (protocol !== GOSSIP_PROTOCOL) peer.usedMs = Date.now();
      const channel = await abortable(this.#channel(peer, protocol), signal);
      return await channel.request(message, { signal });
    } catch (reason) {
      options.signal?.throwIfAborted();
      throw new Error(`Cannot ask member "${id}" in ${protocol}: ${errorMessage(reason)}`, { cause: reason });
    }
  }

  #channel(peer: KnownPeer, protocol: string): Promise<MemberChannel> {
    const key = `${peer.id} ${protocol}`;
    const known = this.#channels.get(key);
    if (known) {
      this.#channels.delete(key);
      this.#channels.set(key, known); // last again: the order is by use
      return known;
    }
    const forget = () => {
      if (this.#channels.get(key) === opening) this.#channels.delete(key);
    };
    const opening = this.#open(peer, protocol, forget);
    opening.catch(forget);
    this.#channels.set(key, opening);
    if (this.#channels.size > CHANNELS_MAX) this.#closeOne();
    return opening;
  }

  async #open(peer: KnownPeer, protocol: string, onEnd: () => void): Promise<MemberChannel> {
    const signal = deadline(MEMBER_TIMEOUT_MS, this.#stop.signal);
    const stream = await this.#components.opener.openStream(peer, protocol, { signal });
    const channel = new MemberChannel(stream, () => {
      this.#reaper.delete(channel.frames);
      onEnd();
    });
    this.#reaper.add(channel.frames);
    return channel;
  }

  #closeOne(): void {
    for (const [key, channel] of this.#channels) {
      this.#channels.delete(key);
      channel.then(({ frames }) => frames.close(), () => {});
      return;
    }
  }

  /** Ends every stream; what is under way fails. */
  [Symbol.dispose](): void {
    this.#stop.abort(new Error("the node stops"));
    this.#reaper[Symbol.dispose]();
  }
}
