import { generateKeyPair } from "@libp2p/crypto/keys";
import type { PeerId } from "@libp2p/interface";
import { peerIdFromPrivateKey } from "@libp2p/peer-id";
import { multiaddr } from "@multiformats/multiaddr";
import type { KnownPeer, PeerBook } from "../../../src/routing/dht/peer_book.ts";

/** Makes a peer id that nobody has. */
export async function randomPeerId(): Promise<PeerId> {
  return peerIdFromPrivateKey(await generateKeyPair("Ed25519"));
}

/** Adds a node of the DHT to a book, with an address made from a number. */
export async function addPeer(book: PeerBook, number: number): Promise<KnownPeer> {
  const peer = book.meet(await randomPeerId());
  book.tell(peer, [addrBytes(`/ip4/10.0.${number >> 8}.${number & 0xff}/tcp/5001`)]);
  peer.kad = true;
  return peer;
}

/** Returns a multiaddr in binary form. */
export function addrBytes(text: string): Uint8Array {
  return multiaddr(text).bytes;
}
