import { multiaddr } from "@multiformats/multiaddr";
import type { BootstrapCandidate, Bootstrapper } from "../../bootstrap/bootstrapper.ts";
import type { CallOptions } from "../../core/call_options.ts";
import type { ClosestOptions, Member, Responder } from "../members.ts";
import type { LookupOptions, Provider, Router, RouterState } from "../router.ts";
import { Announcer } from "./announcer.ts";
import { type BytesKey, bytesKey } from "./bytes_key.ts";
import { KAD_PROTOCOL, RECORD_VALIDITY_MS } from "./constants.ts";
import { type DhtHost, stopHost } from "./dht_host.ts";
import { Greeter } from "./greeter.ts";
import { Introductions } from "./introductions.ts";
import { Joiner } from "./joiner.ts";
import { KadClient } from "./kad_client.ts";
import { KadServer, type SelfInfo } from "./kad_server.ts";
import { kadIdOf } from "./content_id.ts";
import { Lookups } from "./lookups.ts";
import { MemberMessenger } from "./member_messenger.ts";
import { MemberResponder } from "./member_responder.ts";
import { Members } from "./members.ts";
import { Mesh } from "./mesh.ts";
import type { NodeInfo, NodeMessage } from "./node_message.ts";
import { Outboxes } from "./outboxes.ts";
import type { OwnAddresses } from "./own_addresses.ts";
import { toMultiaddr } from "./peer_address.ts";
import { type KnownPeer, PeerBook } from "./peer_book.ts";
import { ProviderHosts } from "./provider_hosts.ts";
import { RecordStore } from "./record_store.ts";
import { Upkeep } from "./upkeep.ts";
import { Withdrawals } from "./withdrawals.ts";

/** What a {@linkcode DhtRouter} is made from. */
export interface DhtRouterParts {
  /** A host that is not started yet. The router stops it. */
  host: DhtHost;
  own: OwnAddresses;
  bootstrapper: Bootstrapper;
}

/** What a {@linkcode DhtRouter} tells of this node. */
export interface DhtRouterSettings {
  /** The port of this node's peer listener. */
  registryPort: number;
  /** Where it stands, such as an availability zone. @default {""} */
  zone?: string;
  /** Tells how busy it is with uploads, from 0 (idle) to 1 (full). @default {() => 0} */
  load?(): number;
}

/** Figures of a {@linkcode DhtRouter}. */
export interface DhtStats {
  /** Nodes that can be asked. */
  peers: number;
  /** Open connections, in both directions. */
  connections: number;
  /** Keys that this node keeps announced. */
  announcedKeys: number;
  /** Announcements that some peer has not taken yet. */
  pendingAnnouncements: number;
  /** Records of other nodes that this one holds. */
  records: number;
}

/** How many streams of the DHT's protocol one connection may have open to this node. */
const KAD_STREAMS_PER_CONNECTION = 16;

/** A router over libp2p's Kademlia, in one network with Spegel's nodes. */
export class DhtRouter implements Router {
  readonly id: string;
  readonly #host: DhtHost;
  readonly #own: OwnAddresses;
  readonly #bootstrapper: Bootstrapper;
  readonly #settings: Required<DhtRouterSettings>;
  readonly #book: PeerBook;
  readonly #records = new RecordStore({ validityMs: RECORD_VALIDITY_MS });
  readonly #introductions: Introductions;
  readonly #mesh: Mesh;
  readonly #greeter: Greeter;
  readonly #server: KadServer;
  readonly #outboxes: Outboxes;
  readonly #announcer: Announcer;
  readonly #lookups: Lookups;
  readonly #withdrawals: Withdrawals;
  readonly #members: Members;
  readonly #messenger: MemberMessenger;
  readonly #responder: MemberResponder;
  readonly #parts = new AsyncDisposableStack();
  #joiner: Joiner | undefined;

  constructor({ host, own, bootstrapper }: DhtRouterParts, settings: DhtRouterSettings) {
    const { registryPort, zone = "", load = () => 0 } = settings;
    this.id = host.peerId.toString();
    this.#host = host;
    this.#own = own;
    this.#bootstrapper = bootstrapper;
    this.#settings = { registryPort, zone, load };
    const allowLoopback = own.loopbackOnly;
    const book = this.#book = new PeerBook({ allowLoopback, onGone: (peer) => this.#gone(peer) });
    const records = this.#records;
    const self = this.#self();
    // Disposed of from the last to the first: what speaks stops before what it speaks through.
    this.#parts.defer(() => stopHost(host));
    const introductions = this.#parts.use(new Introductions({ host, book }, { allowLoopback }));
    this.#introductions = introductions;
    const client = this.#parts.use(new KadClient(host));
    this.#server = this.#parts.use(
      new KadServer({ self, book, records, onRecord: (key, peer) => this.#lookups.announced(key, peer) }),
    );
    this.#mesh = new Mesh({ book, introductions });
    this.#greeter = this.#parts.use(this.#makeGreeter());
    this.#outboxes = this.#parts.use(new Outboxes({ client }));
    this.#announcer = this.#parts.use(
      new Announcer({ book, outboxes: this.#outboxes, self: () => ({ id: self.idBytes, addrs: self.addrs() }) }),
    );
    this.#withdrawals = this.#parts.use(
      new Withdrawals({
        tell: (withdrawn) => this.#greeter.tellAll({ ...this.#message(), peers: [], withdrawn: [...withdrawn] }),
      }),
    );
    const hosts = new ProviderHosts(own, registryPort);
    const info = () => this.#info();
    this.#members = new Members({ book, hosts, self: { id: this.id, kadId: kadIdOf(self.idBytes), info } });
    this.#messenger = this.#parts.use(new MemberMessenger({ opener: host, book, introductions }));
    this.#responder = this.#parts.use(new MemberResponder({ host, onChange: () => this.#tellChange() }));
    this.#lookups = this.#parts.use(new Lookups({ self, book, records, client, hosts, introductions }));
  }

  /** The port that libp2p listens on. */
  get port(): number {
    return this.#own.port;
  }

  /**
   * Listens, and begins to join.
   *
   * @throws {Error} If the host cannot listen.
   */
  async start(): Promise<void> {
    await this.#greeter.start();
    await this.#host.start();
    // The library puts its own handler there when it starts; this one takes over before anybody has connected.
    await this.#host.handle(KAD_PROTOCOL, (stream, connection) => this.#server.handle(stream, connection), {
      maxInboundStreams: KAD_STREAMS_PER_CONNECTION,
      force: true,
    });
    const [host, book, introductions] = [this.#host, this.#book, this.#introductions];
    this.#parts.use(new Upkeep({ host, book, introductions }));
    this.#joiner = this.#parts.use(
      new Joiner({ bootstrapper: this.#bootstrapper, host, book, own: this.#own, introductions }),
    );
    this.#parts.defer(() => this.#greeter.tellAll({ ...this.#message(), leaving: true }));
  }

  /** Yields providers; see the port. */
  lookup(key: string, options: LookupOptions = {}): AsyncGenerator<Provider> {
    return this.#lookups.lookup(key, options);
  }

  /** Adds keys to those that are kept announced. */
  announce(keys: Iterable<string>): void {
    const added = [...keys];
    this.#withdrawals.cancel(added);
    this.#announcer.announce(added);
  }

  /** Takes keys out of those that are kept announced; Peili nodes hear of it at once. */
  withdraw(keys: Iterable<string>): void {
    this.#withdrawals.add(this.#announcer.withdraw(keys));
  }

  /** Returns this node as a member. */
  self(): Member {
    return this.#members.self();
  }

  /** Returns the other members. */
  members(): Iterable<Member> {
    return this.#members.members();
  }

  /** Returns another member by its id. */
  member(id: string): Member | undefined {
    return this.#members.member(id);
  }

  /** Returns the members closest to a key, this one included. */
  closestMembers(key: string, options: ClosestOptions): Member[] {
    return this.#members.closestMembers(key, options);
  }

  /** Has a function told of each member that is gone. */
  onMemberGone(listener: (id: string) => void, options: { signal: AbortSignal }): void {
    this.#members.onMemberGone(listener, options);
  }

  /** Sends a message to a member; see the port. */
  request(member: string, protocol: string, message: Uint8Array, options?: CallOptions): Promise<Uint8Array> {
    return this.#messenger.request(member, protocol, message, options);
  }

  /** Answers messages of a protocol from now on; see the port. */
  respond(protocol: string, responder: Responder): Disposable {
    return this.#responder.respond(protocol, responder);
  }

  /** How well the node is connected now. */
  state(): RouterState {
    const peers = this.#book.alive().toArray().length;
    return { status: peers > 0 ? "ready" : "degraded", peers };
  }

  /** Who is there now: whom to try first after a restart. */
  knownPeers(): BootstrapCandidate[] {
    return this.#book.alive()
      .map(({ id, addrs }) => ({ id, addrs: addrs.map((addr) => multiaddr(addr).toString()) }))
      .toArray();
  }

  /** What this node announces, as multiaddrs without the peer id. */
  addresses(): string[] {
    return this.#own.announced().map((address) => toMultiaddr(address).toString());
  }

  /** How much there is of what. */
  stats(): DhtStats {
    return {
      peers: this.state().peers,
      connections: this.#host.getConnections().length,
      announcedKeys: this.#announcer.size,
      pendingAnnouncements: this.#outboxes.size,
      records: this.#records.size,
    };
  }

  #self(): SelfInfo {
    return {
      idBytes: this.#host.peerId.toMultihash().bytes,
      addrs: () => this.#own.announcedAddrs(),
      provides: (multihash) => this.#announcer.provides(multihash),
    };
  }

  #info(): NodeInfo {
    const { registryPort: port, zone, load } = this.#settings;
    return { port, zone, load: Math.min(1, Math.max(0, load())), protocols: this.#responder.protocols() };
  }

  #message(): NodeMessage {
    return { ...this.#info(), peers: this.#mesh.hints(), leaving: false, withdrawn: [] };
  }

  #tellChange(): void {
    void this.#greeter.tellAll({ ...this.#message(), peers: [] });
  }

  #makeGreeter(): Greeter {
    return new Greeter({
      host: this.#host,
      book: this.#book,
      self: () => this.#message(),
      heard: (message, peer) => {
        for (const multihash of message.withdrawn) this.#withdrawn(bytesKey(multihash), peer);
        if (message.leaving) this.#left(peer);
        else this.#mesh.take(message.peers);
      },
      onMet: (peer) => {
        this.#introductions.met(peer);
        this.#announcer.met(peer);
        this.#joiner?.changed();
      },
    });
  }

  #withdrawn(multihash: BytesKey, peer: KnownPeer): void {
    this.#records.delete(multihash, peer.key);
    this.#lookups.withdrawn(multihash, peer);
  }

  #left(peer: KnownPeer): void {
    this.#book.markGone(peer);
    this.#records.deleteProvider(peer.key);
  }

  #gone(peer: KnownPeer): void {
    this.#members.gone(peer);
    this.#joiner?.changed();
  }

  /** Says goodbye to other Peili nodes, then closes every connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.disposeAsync();
  }
}
