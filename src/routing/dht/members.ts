import { closest } from "../closest.ts";
import { GoneListeners } from "../gone_listeners.ts";
import type { ClosestOptions, Member, Membership } from "../members.ts";
import { contentId } from "./content_id.ts";
import type { NodeInfo } from "./member_record.ts";
import type { KnownPeer, PeerBook } from "./peer_book.ts";
import type { ProviderHosts } from "./provider_hosts.ts";

/** What {@linkcode Members} work with. */
export interface MembersComponents {
  book: PeerBook;
  hosts: ProviderHosts;
  /** This node. */
  self: {
    id: string;
    /** Where it lies in the DHT's space. */
    kadId: Uint8Array;
    /** What it tells of itself. */
    info(): NodeInfo;
  };
}

/** The nodes of Peili that this one knows; see the port. */
export class Members implements Membership {
  readonly #components: MembersComponents;
  readonly #listeners = new GoneListeners();

  constructor(components: MembersComponents) {
    this.#components = components;
  }

  /** Returns this node. */
  self(): Member {
    const { self, hosts } = this.#components;
    const { zone, protocols, load } = self.info();
    return { id: self.id, hosts: hosts.own(), zone, protocols, load };
  }

  /** Returns the other ones. */
  members(): Iterable<Member> {
    return this.#components.book.alive().map((peer) => this.#member(peer)).filter((member) => member !== undefined);
  }

  /** Returns another one by its id. */
  member(id: string): Member | undefined {
    const { book } = this.#components;
    const peer = book.find(id);
    return peer && book.isAlive(peer) ? this.#member(peer) : undefined;
  }

  /** Returns the nodes closest to a key, this one included. */
  closestMembers(key: string, { protocol, count }: ClosestOptions): Member[] {
    const { book, self } = this.#components;
    const { kadId } = contentId(key);
    const speaks = (info: NodeInfo | undefined) => info?.protocols.includes(protocol) === true;
    const places: { kadId: Uint8Array; peer?: KnownPeer }[] = book.alive()
      .filter((peer) => peer.peili && speaks(peer.info))
      .map((peer) => ({ kadId: peer.kadId, peer }))
      .toArray();
    if (speaks(self.info())) places.push({ kadId: self.kadId });
    return closest(kadId, places, count)
      .map(({ peer }) => peer ? this.#member(peer) : this.self())
      .filter((member) => member !== undefined);
  }

  /** Has a function told of each member that is gone. */
  onMemberGone(listener: (id: string) => void, options: { signal: AbortSignal }): void {
    this.#listeners.add(listener, options);
  }

  /** Takes note that a peer is gone. */
  gone(peer: KnownPeer): void {
    if (peer.info) this.#listeners.tell(peer.id);
  }

  #member(peer: KnownPeer): Member | undefined {
    const { id, peili, info } = peer;
    if (!peili || !info) return undefined;
    const hosts = this.#components.hosts.of(peer);
    const { zone, protocols, load } = info;
    return hosts.length > 0 ? { id, hosts, zone, protocols, load } : undefined;
  }
}
