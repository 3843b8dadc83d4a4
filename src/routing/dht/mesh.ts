import { peerIdFromString } from "@libp2p/peer-id";
import { multiaddr } from "@multiformats/multiaddr";
import type { Introductions } from "./introductions.ts";
import type { NodeHint } from "./node_message.ts";
import type { KnownPeer, PeerBook } from "./peer_book.ts";
import { Slots } from "./slots.ts";

/** What a {@linkcode Mesh} works with. */
export interface MeshComponents {
  book: PeerBook;
  introductions: Introductions;
}

/** Up to how many nodes every node connects to every other: a connection takes some 250 KiB. */
const MESH_MAX = 128;
/** How many connections are opened at once on what others say. */
const CONNECTING_MAX = 8;

/** Connects the Peili nodes of a cluster with each other, as long as they are few. */
export class Mesh {
  readonly #book: PeerBook;
  readonly #introductions: Introductions;
  readonly #slots = new Slots(CONNECTING_MAX);
  readonly #connecting = new Set<KnownPeer>();

  constructor({ book, introductions }: MeshComponents) {
    this.#book = book;
    this.#introductions = introductions;
  }

  /** Returns the Peili nodes that are connected, for a node that joins. */
  hints(): NodeHint[] {
    return this.#book.alive()
      .filter(({ met, peili }) => met && peili)
      .map(({ id, addrs }) => ({ id, addrs: addrs.map((addr) => multiaddr(addr).toString()) }))
      .toArray();
  }

  /** Connects to the nodes that another one named. */
  take(hints: readonly NodeHint[]): void {
    for (const hint of hints) {
      const peer = this.#parse(hint);
      if (!peer || peer.connected || this.#connecting.has(peer)) continue;
      if (this.#connecting.size + this.#book.connectedCount >= MESH_MAX) return;
      this.#connecting.add(peer);
      this.#slots.run(() => this.#introductions.introduce(peer)).catch(() => {})
        .finally(() => this.#connecting.delete(peer));
    }
  }

  #parse({ id, addrs }: NodeHint): KnownPeer | undefined {
    try {
      return this.#introductions.discover({
        id: peerIdFromString(id).toMultihash().bytes,
        addrs: addrs.map((addr) => multiaddr(addr).bytes),
      });
    } catch {
      return undefined; // not the id or address of a node: nothing to connect to
    }
  }
}
