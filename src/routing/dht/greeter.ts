import type { Identify } from "@libp2p/identify";
import type { Connection, IdentifyResult, Libp2p } from "@libp2p/interface";
import { getLogger } from "@logtape/logtape";
import { sleep } from "../../core/deadline.ts";
import { errorMessage } from "../../core/errors.ts";
import { SECOND_MS } from "../../core/units.ts";
import { KAD_PROTOCOL } from "./constants.ts";
import { identifyConnection } from "./identify_connection.ts";
import { NODE_PROTOCOL, type NodeMessage } from "./node_message.ts";
import { NodeProtocol } from "./node_protocol.ts";
import { parsePeerAddress } from "./peer_address.ts";
import type { KnownPeer, PeerBook } from "./peer_book.ts";

/** What a {@linkcode Greeter} works with. */
export interface GreeterComponents {
  host: Libp2p<{ identify: Identify }>;
  book: PeerBook;
  /** Makes the message that this node sends to other Peili nodes. */
  self(): NodeMessage;
  /**
   * Takes the message of a Peili node.
   *
   * @throws {Error} If it is not what a node may send.
   */
  heard(message: NodeMessage, peer: KnownPeer): void;
  /** Told when all is known of a peer that it tells at the beginning of a connection. */
  onMet(peer: KnownPeer): void;
}

/** The pauses after which a node that could not be heard is asked again, in milliseconds. */
const ASK_AGAIN_MS = [1, 3, 10, 30].map((seconds) => seconds * SECOND_MS);

/** How many incoming exchanges of one connection may run at once. */
const INBOUND_EXCHANGES_MAX = 2;

const logger = getLogger(["peili", "routing"]);

/**
 * Learns what a node is when a connection to it opens: by libp2p's identify, and from Peili nodes by their message. A
 * member whose record is known is not asked at all: that would cost as much as the connection.
 */
export class Greeter implements Disposable {
  readonly #components: GreeterComponents;
  readonly #protocol: NodeProtocol;
  readonly #stop = new AbortController();

  constructor(components: GreeterComponents) {
    this.#components = components;
    this.#protocol = new NodeProtocol({
      self: components.self,
      heard: (message, connection) => this.#heard(message, connection),
    });
  }

  /** Begins: to be called before the host listens. */
  async start(): Promise<void> {
    const { host } = this.#components;
    host.addEventListener("connection:open", ({ detail }) => this.#opened(detail), { signal: this.#stop.signal });
    host.addEventListener("peer:identify", ({ detail }) => void this.#identified(detail), {
      signal: this.#stop.signal,
    });
    await host.handle(NODE_PROTOCOL, (stream, connection) => this.#protocol.handle(stream, connection), {
      maxInboundStreams: INBOUND_EXCHANGES_MAX,
    });
  }

  /**
   * Tells a Peili node something that is connected.
   *
   * @throws {Error} If it is not, or has not taken it in time.
   */
  async tell(peer: KnownPeer, message: NodeMessage): Promise<void> {
    const [connection] = this.#components.host.getConnections(peer.peerId);
    if (!connection) throw new Error(`Cannot tell node "${peer.id}" anything: it is not connected`);
    await this.#protocol.exchange(connection, { message });
  }

  #opened(connection: Connection): void {
    const { host, book } = this.#components;
    const peer = book.get(connection.remotePeer.toMultihash().bytes);
    if (peer?.membership) {
      book.connected(peer, seenAt(connection));
      this.#met(peer);
      return;
    }
    identifyConnection(host, connection);
  }

  async #identified({ peerId, protocols, listenAddrs, connection }: IdentifyResult): Promise<void> {
    const { book } = this.#components;
    if (connection.status !== "open") return; // it may have closed while the answer was read
    const peer = book.meet(peerId);
    peer.kad = protocols.includes(KAD_PROTOCOL);
    peer.peili = protocols.includes(NODE_PROTOCOL);
    book.tell(peer, listenAddrs.map(({ bytes }) => bytes));
    book.connected(peer, seenAt(connection));
    if (peer.peili && !peer.membership) {
      try {
        await this.#protocol.exchange(connection, { signal: this.#stop.signal });
      } catch (reason) {
        if (this.#stop.signal.aborted) return;
        logger.debug("Cannot hear of a node: {error}", { error: errorMessage(reason) });
        peer.peili = false; // as good as a node that speaks the DHT's protocol alone, until it has been heard
        this.#askAgain(connection);
      }
    }
    this.#met(peer);
  }

  /** A busy node that was late once must not stay a stranger for as long as the connection lasts. */
  async #askAgain(connection: Connection): Promise<void> {
    const { signal } = this.#stop;
    for (const pauseMs of ASK_AGAIN_MS) {
      try {
        await sleep(pauseMs, signal);
        if (connection.status !== "open") return;
        return await this.#protocol.exchange(connection, { signal });
      } catch (reason) {
        if (signal.aborted) return;
        logger.debug("Cannot hear of a node: {error}", { error: errorMessage(reason) });
      }
    }
  }

  #heard(message: NodeMessage, connection: Connection): void {
    const { book, heard } = this.#components;
    const peer = book.meet(connection.remotePeer);
    const known = peer.peili;
    heard(message, peer);
    peer.peili = true;
    if (peer.met && !known) this.#components.onMet(peer); // it was taken for a node that speaks the DHT's protocol alone
    this.#met(peer);
  }

  /** Identify and the node's own message come in any order. */
  #met(peer: KnownPeer): void {
    if (peer.met || !peer.connected || !peer.kad || (peer.peili && !peer.info)) return;
    peer.met = true;
    this.#components.onMet(peer);
  }

  /** Ends every exchange. */
  [Symbol.dispose](): void {
    this.#stop.abort(new Error("the node stops"));
  }
}

function seenAt({ remoteAddr, direction }: Connection): { ip: string; outbound: boolean } | undefined {
  const address = parsePeerAddress(remoteAddr);
  return address && { ip: address.ip, outbound: direction === "outbound" };
}
