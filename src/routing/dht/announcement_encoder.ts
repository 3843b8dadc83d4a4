import { encodeKadMessage, KAD_MESSAGE_TYPES, type KadPeer } from "./kad_message.ts";

const TYPE = KAD_MESSAGE_TYPES.addProvider;

/** Writes announcements of one node: thousands that differ in the key alone, each for twenty peers. */
export class AnnouncementEncoder {
  readonly #self: () => KadPeer;
  #addrs: readonly Uint8Array[] = [];
  #keyLength = -1;
  /** An announcement with nothing where the key belongs. */
  #template: Uint8Array = new Uint8Array();
  #keyAt = 0;

  /** @param self Returns the node. Its addresses are the same array as long as they have not changed. */
  constructor(self: () => KadPeer) {
    this.#self = self;
  }

  /** Returns the message that announces a content, given by its multihash. */
  encode(multihash: Uint8Array): Uint8Array {
    const self = this.#self();
    if (self.addrs !== this.#addrs || multihash.length !== this.#keyLength) this.#prepare(self, multihash.length);
    const message = this.#template.slice();
    message.set(multihash, this.#keyAt);
    return message;
  }

  #prepare(self: KadPeer, keyLength: number): void {
    [this.#addrs, this.#keyLength] = [self.addrs, keyLength];
    const key = new Uint8Array(keyLength);
    this.#template = encodeKadMessage({ type: TYPE, key, providers: [self] });
    this.#keyAt = encodeKadMessage({ type: TYPE, key }).length - keyLength; // it ends with the key
  }
}
