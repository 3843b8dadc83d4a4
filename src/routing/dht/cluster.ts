import { SECOND_MS } from "../../core/units.ts";
import { MEMBER_TIMEOUT_MS } from "./constants.ts";
import type { DhtHost } from "./dht_host.ts";
import { Gossip } from "./gossip.ts";
import { GOSSIP_PROTOCOL } from "./gossip_message.ts";
import { kadIdOf } from "./content_id.ts";
import type { Introductions } from "./introductions.ts";
import { MemberMessenger } from "./member_messenger.ts";
import type { MemberRecord, NodeInfo } from "./member_record.ts";
import { MemberResponder } from "./member_responder.ts";
import { Members } from "./members.ts";
import { Mesh } from "./mesh.ts";
import { OwnRecord } from "./own_record.ts";
import type { KnownPeer, PeerBook } from "./peer_book.ts";
import type { ProviderHosts } from "./provider_hosts.ts";
import { RateBudget } from "./rate_budget.ts";
import { Roster } from "./roster.ts";
import { shortIdOf } from "./short_id.ts";

/** What a {@linkcode Cluster} works with. */
export interface ClusterComponents {
  host: DhtHost;
  book: PeerBook;
  introductions: Introductions;
  hosts: ProviderHosts;
  /** Signs a record with this node's key. */
  sign(record: MemberRecord): Uint8Array;
  /** Where libp2p is reached at this node now. */
  addrs(): Uint8Array[];
  /** What this node tells of itself, but for the protocols that it answers. */
  told(): Omit<NodeInfo, "protocols">;
  /** Told of a member that says that it stops, or that it was started anew. */
  onEnded(peer: KnownPeer): void;
}

/** How a {@linkcode Cluster} sees the network. */
export interface ClusterOptions {
  /** Whether loopback addresses are of use. */
  allowLoopback: boolean;
}

/** How often it is looked after the records of this node and of the others, in milliseconds. */
const CHECK_INTERVAL_MS = SECOND_MS / 2;
/** How many messages of gossip one member may send at once, and per second after that. */
const GOSSIP_BUDGET = { burst: 200, perSecond: 20 };

/** The Peili nodes of a cluster as one of them knows them: who is there, what they tell, and the connections to them. */
export class Cluster implements Disposable {
  /** The port of membership. */
  readonly members: Members;
  /** Sends messages to members. */
  readonly messenger: MemberMessenger;
  /** Answers messages of members. */
  readonly responder: MemberResponder;
  /** The records of the members. */
  readonly roster: Roster;
  /** The record of this node. */
  readonly record: OwnRecord;
  /** Passes on what is new. */
  readonly gossip: Gossip;
  readonly #components: ClusterComponents;
  readonly #budget = new RateBudget(GOSSIP_BUDGET);
  readonly #parts = new DisposableStack();
  readonly #kadId: Uint8Array;
  #mesh: Mesh | undefined;

  constructor(components: ClusterComponents, { allowLoopback }: ClusterOptions) {
    const { host, book, introductions, hosts, sign, addrs, told, onEnded } = components;
    this.#components = components;
    const idBytes = host.peerId.toMultihash().bytes;
    const kadId = this.#kadId = kadIdOf(idBytes);
    this.messenger = this.#parts.use(new MemberMessenger({ opener: introductions, book }));
    this.responder = this.#parts.use(new MemberResponder({ host, onChange: () => this.record.check() }));
    const info = (): NodeInfo => ({ ...told(), protocols: this.responder.protocols() });
    const onChange = () => this.gossip.tellRecord(shortIdOf(idBytes));
    this.record = new OwnRecord({ id: idBytes, sign, addrs, info, onChange });
    this.roster = new Roster({
      book,
      own: this.record,
      onRecord: ({ shortId }) => this.gossip.tellRecord(shortId),
      onSuspicion: (entry) => this.gossip.tellSuspicion(entry),
      onMistaken: (peer, entry) => this.gossip.warn(peer, entry),
      onEnded,
    }, { allowLoopback });
    this.gossip = this.#parts.use(
      new Gossip({
        roster: this.roster,
        ask: ({ id }, message) => this.messenger.request(id, GOSSIP_PROTOCOL, message),
        mayClose: (from) => this.#mayClose(from),
      }),
    );
    this.members = new Members({ book, hosts, self: { id: host.peerId.toString(), kadId, info } });
  }

  /** Begins to answer others, and to open connections. */
  start(): void {
    const { host, book, introductions } = this.#components;
    const askToClose = (peer: KnownPeer) => this.gossip.askToClose(peer);
    this.#parts.use(this.responder.answer(GOSSIP_PROTOCOL, (message, from) => this.#answer(message, from)));
    this.#mesh = this.#parts.use(new Mesh({ host, book, introductions, kadId: this.#kadId, askToClose }));
    const timer = setInterval(() => {
      this.record.check();
      this.roster.check();
    }, CHECK_INTERVAL_MS);
    this.#parts.defer(() => clearInterval(timer));
  }

  /** Takes note that a member has connected: what both know is compared. */
  met(peer: KnownPeer): void {
    if (peer.peili && peer.seenAt?.outbound) this.gossip.met(peer);
  }

  /** Tells members that this node stops. */
  async leave(): Promise<void> {
    this.record.leave();
    await this.gossip.tellAll({ signed: this.record.signed, ageMs: 0 }, AbortSignal.timeout(MEMBER_TIMEOUT_MS));
  }

  async #answer(message: Uint8Array, from: string): Promise<Uint8Array> {
    if (!this.#budget.take(from)) throw new Error(`member "${from}" says too much`);
    return await this.gossip.answer(message, from);
  }

  #mayClose(from: string): boolean {
    const peer = this.#components.book.find(from);
    return peer === undefined || this.#mesh === undefined || this.#mesh.mayClose(peer);
  }

  /** Ends it. */
  [Symbol.dispose](): void {
    this.#parts.dispose();
  }
}
