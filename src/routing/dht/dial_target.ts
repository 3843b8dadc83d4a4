import type { PeerId } from "@libp2p/interface";
import { type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import { toMultiaddr } from "./peer_address.ts";
import type { KnownPeer } from "./peer_book.ts";

/**
 * Returns what libp2p is to dial a peer by: its addresses, unless it is connected. By its id alone, libp2p would search
 * the DHT for the addresses.
 */
export function dialTarget(peer: KnownPeer): PeerId | Multiaddr[] {
  const addresses = addressesOf(peer);
  return peer.connected || addresses.length === 0 ? peer.peerId : addresses;
}

/** Returns the same one by one, to be tried in that order. */
export function dialTargets(peer: KnownPeer): (PeerId | Multiaddr)[] {
  const addresses = addressesOf(peer);
  return addresses.length === 0 ? [peer.peerId] : addresses;
}

function addressesOf({ peerId, addresses }: KnownPeer): Multiaddr[] {
  return addresses.map((address) => toMultiaddr(address).encapsulate(multiaddr(`/p2p/${peerId}`)));
}
