import type { PrivateKey } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import type { BootstrapCandidate, Bootstrapper } from "../../bootstrap/bootstrapper.ts";
import type { CallOptions } from "../../core/call_options.ts";
import type { ClosestOptions, Member, Responder } from "../members.ts";
import type { LookupOptions, Provider, Router, RouterState } from "../router.ts";
import { Announcer } from "./announcer.ts";
import { type BytesKey, bytesKey } from "./bytes_key.ts";
import { Cluster } from "./cluster.ts";
import { KAD_PROTOCOL, RECORD_VALIDITY_MS } from "./constants.ts";
import { type DhtHost, stopHost } from "./dht_host.ts";
import { Greeter } from "./greeter.ts";
import { Introductions } from "./introductions.ts";
import { Joiner } from "./joiner.ts";
import { KadClient } from "./kad_client.ts";
import { KadServer, type SelfInfo } from "./kad_server.ts";
import { Lookups } from "./lookups.ts";
import { recordSigner } from "./member_record.ts";
import type { NodeMessage } from "./node_message.ts";
import { Outboxes } from "./outboxes.ts";
import type { OwnAddresses } from "./own_addresses.ts";
import { toMultiaddr } from "./peer_address.ts";
import { type KnownPeer, PeerBook } from "./peer_book.ts";
import { Probation } from "./probation.ts";
import { ProviderHosts } from "./provider_hosts.ts";
import { RecordStore } from "./record_store.ts";
import { Upkeep } from "./upkeep.ts";
import { Withdrawals } from "./withdrawals.ts";

/** What a {@linkcode DhtRouter} is made from. */
export interface DhtRouterParts {
  /** A host that is not started yet. The router stops it. */
  host: DhtHost;
  /** The node's identity. */
  privateKey: PrivateKey;
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

/** The most withdrawals of others that are remembered. */
const WITHDRAWN_MAX = 20_000;

/** A router over libp2p's Kademlia, in one network with Spegel's nodes. */
export class DhtRouter implements Router {
  readonly id: string;
  readonly #host: DhtHost;
  readonly #own: OwnAddresses;
  readonly #bootstrapper: Bootstrapper;
  readonly #settings: Required<DhtRouterSettings>;
  readonly #book: PeerBook;
  readonly #records = new RecordStore({ validityMs: RECORD_VALIDITY_MS });
  readonly #withdrawn = new RecordStore({ validityMs: RECORD_VALIDITY_MS, maxRecords: WITHDRAWN_MAX });
  readonly #introductions: Introductions;
  readonly #cluster: Cluster;
  readonly #greeter: Greeter;
  readonly #server: KadServer;
  readonly #outboxes: Outboxes;
  readonly #announcer: Announcer;
  readonly #lookups: Lookups;
  readonly #withdrawals: Withdrawals;
  readonly #probation: Probation;
  readonly #parts = new AsyncDisposableStack();
  #joiner: Joiner | undefined;

  constructor(parts: DhtRouterParts, settings: DhtRouterSettings) {
    const { host, own, bootstrapper } = parts;
    const { registryPort, zone = "", load = () => 0 } = settings;
    this.id = host.peerId.toString();
    this.#host = host;
    this.#own = own;
    this.#bootstrapper = bootstrapper;
    this.#settings = { registryPort, zone, load };
    const allowLoopback = own.loopbackOnly;
    const book = this.#book = new PeerBook({ allowLoopback, onGone: (peer) => this.#gone(peer) });
    const [records, withdrawn, self] = [this.#records, this.#withdrawn, this.#self()];
    const hosts = new ProviderHosts(own, registryPort);
    const onLost = (peer: KnownPeer) => this.#cluster.roster.lost(peer);
    // Disposed of from the last to the first: what speaks stops before what it speaks through.
    this.#parts.defer(() => stopHost(host));
    const introductions = this.#parts.use(new Introductions({ host, book, onLost }, { allowLoopback }));
    this.#introductions = introductions;
    const client = this.#parts.use(new KadClient(introductions));
    this.#server = this.#parts.use(
      new KadServer({ self, book, records, onRecord: (key, peer) => this.#announced(key, peer) }),
    );
    this.#cluster = this.#parts.use(this.#makeCluster(parts, hosts));
    this.#greeter = this.#parts.use(this.#makeGreeter());
    this.#outboxes = this.#parts.use(new Outboxes({ client }));
    this.#announcer = this.#parts.use(
      new Announcer({ book, outboxes: this.#outboxes, self: () => ({ id: self.idBytes, addrs: self.addrs() }) }),
    );
    this.#withdrawals = this.#parts.use(
      new Withdrawals({ book, tell: (peer, changes, signal) => this.#tell(peer, changes, signal) }),
    );
    this.#probation = this.#parts.use(new Probation({ host, book, introductions, onLost }));
    this.#lookups = this.#parts.use(new Lookups({ self, book, records, withdrawn, client, hosts, introductions }));
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
    this.#parts.use(new Upkeep({ host, book }));
    this.#cluster.start();
    this.#joiner = this.#parts.use(
      new Joiner({ bootstrapper: this.#bootstrapper, host, book, own: this.#own, introductions }),
    );
    this.#parts.defer(() => this.#cluster.leave());
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
    return this.#cluster.members.self();
  }

  /** Returns the other members. */
  members(): Iterable<Member> {
    return this.#cluster.members.members();
  }

  /** Returns another member by its id. */
  member(id: string): Member | undefined {
    return this.#cluster.members.member(id);
  }

  /** Returns the members closest to a key, this one included. */
  closestMembers(key: string, options: ClosestOptions): Member[] {
    return this.#cluster.members.closestMembers(key, options);
  }

  /** Has a function told of each member that is gone. */
  onMemberGone(listener: (id: string) => void, options: { signal: AbortSignal }): void {
    this.#cluster.members.onMemberGone(listener, options);
  }

  /** Sends a message to a member; see the port. */
  request(member: string, protocol: string, message: Uint8Array, options?: CallOptions): Promise<Uint8Array> {
    return this.#cluster.messenger.request(member, protocol, message, options);
  }

  /** Answers messages of a protocol from now on; see the port. */
  respond(protocol: string, responder: Responder): Disposable {
    return this.#cluster.responder.respond(protocol, responder);
  }

  /** Takes note that fetching from a node has failed. */
  failed(id: string): void {
    this.#probation.failed(id);
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

  #makeCluster({ host, own, privateKey }: DhtRouterParts, hosts: ProviderHosts): Cluster {
    const { registryPort: port, zone, load } = this.#settings;
    return new Cluster({
      host,
      hosts,
      book: this.#book,
      introductions: this.#introductions,
      sign: recordSigner(privateKey),
      addrs: () => own.announcedAddrs(),
      told: () => ({ port, zone, load: Math.min(1, Math.max(0, load())) }),
      onEnded: (peer) => this.#ended(peer),
    }, { allowLoopback: own.loopbackOnly });
  }

  #makeGreeter(): Greeter {
    return new Greeter({
      host: this.#host,
      book: this.#book,
      self: () => this.#message(),
      heard: (message, peer) => this.#heard(message, peer),
      onMet: (peer) => {
        this.#introductions.met(peer);
        this.#cluster.met(peer);
        this.#announcer.met(peer);
        this.#withdrawals.met(peer);
        this.#joiner?.changed();
      },
    });
  }

  #message(): NodeMessage {
    return { record: this.#cluster.record.signed, withdrawn: [], restored: [] };
  }

  #heard({ record, withdrawn, restored }: NodeMessage, peer: KnownPeer): void {
    if (this.#cluster.roster.take({ signed: record, ageMs: 0 }) !== peer) {
      throw new Error(`"${peer.id}" sent no record of its own`);
    }
    for (const multihash of withdrawn.map(bytesKey)) {
      this.#withdrawn.put(multihash, peer.key);
      this.#records.delete(multihash, peer.key);
      this.#lookups.withdrawn(multihash, peer);
    }
    for (const multihash of restored) this.#withdrawn.delete(bytesKey(multihash), peer.key);
  }

  async #tell(peer: KnownPeer, changes: Omit<NodeMessage, "record">, signal: AbortSignal): Promise<void> {
    await this.#introductions.connect(peer, { signal });
    await this.#outboxes.arrived(peer);
    await this.#greeter.tell(peer, { ...this.#message(), ...changes });
  }

  #announced(multihash: BytesKey, peer: KnownPeer): void {
    this.#withdrawn.delete(multihash, peer.key);
    this.#lookups.announced(multihash, peer);
  }

  /** A node that is started anew announces what it has, and knows nothing of what it had withdrawn. */
  #ended(peer: KnownPeer): void {
    this.#withdrawals.ended(peer);
    this.#records.deleteProvider(peer.key);
    this.#withdrawn.deleteProvider(peer.key);
  }

  #gone(peer: KnownPeer): void {
    this.#cluster.members.gone(peer);
    this.#announcer.gone(peer);
    this.#joiner?.changed();
  }

  /** Says goodbye to other Peili nodes, then closes every connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.disposeAsync();
  }
}
