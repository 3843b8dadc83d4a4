import { getLogger } from "@logtape/logtape";
import { CODE_TCP, type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import { backoff } from "../../core/backoff.ts";
import { abortable, deadline } from "../../core/deadline.ts";
import { errorMessage } from "../../core/errors.ts";
import { MINUTE_MS, SECOND_MS } from "../../core/units.ts";
import type { BootstrapCandidate, Bootstrapper } from "../../bootstrap/bootstrapper.ts";
import { Alarm } from "./alarm.ts";
import type { DhtHost } from "./dht_host.ts";
import type { Introductions } from "./introductions.ts";
import type { OwnAddresses } from "./own_addresses.ts";
import { parsePeerAddress } from "./peer_address.ts";
import type { KnownPeer, PeerBook } from "./peer_book.ts";
import { pick } from "./pick.ts";

/** What a {@linkcode Joiner} works with. */
export interface JoinerComponents {
  bootstrapper: Bootstrapper;
  host: DhtHost;
  book: PeerBook;
  own: OwnAddresses;
  introductions: Introductions;
}

/** The pauses between attempts while the node is alone. */
const ALONE_BACKOFF = { minMs: 50, maxMs: 10 * SECOND_MS };
/** The pauses after which the first peers are looked up again while the node has peers: that heals a split cluster. */
const AGAIN_BACKOFF = { minMs: 5 * SECOND_MS, maxMs: 10 * MINUTE_MS };
/** How many candidates are connected to at once, and how many Peili nodes are enough: they know the others. */
const CANDIDATES_AT_ONCE = 6;
const ENOUGH_PEERS = 3;
/** How long one attempt may take, in milliseconds. */
const ATTEMPT_TIMEOUT_MS = 30 * SECOND_MS;
/** How long connecting to one candidate may take, in milliseconds. */
const CONNECT_TIMEOUT_MS = 5 * SECOND_MS;
/** How often a failure that stays the same is logged, in milliseconds. */
const LOG_AGAIN_MS = 5 * MINUTE_MS;

/** The name of libp2p's error when the other end of a connection turns out to be this node. */
const SELF_DIALLED = "InvalidPeerIdError";

const logger = getLogger(["peili", "routing"]);

/** Connects to the first peers: again and again while the node is alone, and now and then when it is not. */
export class Joiner implements AsyncDisposable {
  readonly #components: JoinerComponents;
  readonly #alarm = new Alarm();
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #logged = "";
  #loggedMs = 0;

  constructor(components: JoinerComponents) {
    this.#components = components;
    this.#running = this.#run();
  }

  /** To be called when a peer was lost or found. */
  changed(): void {
    this.#alarm.ring();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let pauses = backoff(ALONE_BACKOFF);
    let pausesAgain = backoff(AGAIN_BACKOFF);
    try {
      while (!signal.aborted) {
        await this.#attempt();
        if (this.#alone()) {
          await this.#alarm.wait(pauses.next().value, { signal });
          pausesAgain = backoff(AGAIN_BACKOFF);
          continue;
        }
        pauses = backoff(ALONE_BACKOFF);
        const againMs = Date.now() + pausesAgain.next().value;
        while (!this.#alone() && Date.now() < againMs) await this.#alarm.wait(againMs - Date.now(), { signal });
      }
    } catch (reason) {
      if (!signal.aborted) throw reason;
    }
  }

  #alone(): boolean {
    return this.#components.book.alive().next().done === true;
  }

  async #attempt(): Promise<void> {
    const { bootstrapper } = this.#components;
    const signal = deadline(ATTEMPT_TIMEOUT_MS, this.#stop.signal);
    try {
      const candidates = await abortable(bootstrapper.candidates({ signal }), signal);
      if (candidates.length === 0 && bootstrapper.name === "none") return; // alone on purpose
      const failure = await this.#connectToSome(candidates.filter((one) => !this.#isKnown(one)), signal);
      // A Peili node names the others itself. Nodes of other kinds take a while to name one that they have just met.
      if (!this.#alone() && !this.#components.book.alive().some(({ peili }) => peili)) await this.#walk(signal);
      if (!this.#alone()) return;
      this.#log(failure ? errorMessage(failure) : "it names nobody but this node");
    } catch (reason) {
      this.#log(errorMessage(reason));
    }
  }

  /** Connects to candidates, a few at a time, until that is enough, and returns why one could not be connected to. */
  async #connectToSome(candidates: readonly BootstrapCandidate[], signal: AbortSignal): Promise<unknown> {
    const left = pick(candidates, candidates.length);
    const failures = new Map<BootstrapCandidate, unknown>();
    let members = 0;
    while (left.length > 0 && members < ENOUGH_PEERS) {
      const some = left.splice(0, CANDIDATES_AT_ONCE);
      await Promise.all(some.map(async (candidate) => {
        try {
          const peer = await this.#connect(candidate, signal);
          if (peer?.peili) members++;
        } catch (reason) {
          failures.set(candidate, reason);
        }
      }));
    }
    // In the bootstrapper's order, so that the same failure is told in the same words.
    return failures.get(candidates.find((candidate) => failures.has(candidate)) ?? { addrs: [] });
  }

  /** Whether a candidate is a node that this one knows, so that there is nothing to be learned from it. */
  #isKnown({ id, addrs }: BootstrapCandidate): boolean {
    const { book } = this.#components;
    const peer = id === undefined ? undefined : book.find(id);
    if (peer) return book.isAlive(peer);
    const known = new Set(book.alive().flatMap(({ addresses }) => addresses.map(({ ip, port }) => `${ip} ${port}`)));
    try {
      return addrs.map((addr) => parsePeerAddress(this.#complete(addr)))
        .some((address) => address !== undefined && known.has(`${address.ip} ${address.port}`));
    } catch {
      return false; // connecting says what is wrong with it
    }
  }

  /** Connects to a candidate and returns the peer: none when it is this node itself. */
  async #connect(candidate: BootstrapCandidate, signal: AbortSignal): Promise<KnownPeer | undefined> {
    const { host, book, introductions } = this.#components;
    if (candidate.id === host.peerId.toString()) return undefined;
    try {
      const completed = candidate.addrs.map((addr) => this.#complete(addr, candidate.id));
      const addrs = completed.filter((addr) => !this.#isSelf(addr));
      if (addrs.length === 0) return undefined;
      const connection = await host.dial(addrs, { signal: deadline(CONNECT_TIMEOUT_MS, signal) });
      const peer = book.meet(connection.remotePeer);
      await introductions.introduce(peer, { signal });
      return peer;
    } catch (reason) {
      if (reason instanceof Error && reason.name === SELF_DIALLED) return undefined;
      const [first = ""] = candidate.addrs;
      throw new Error(`Cannot connect to "${first}": ${errorMessage(reason)}`, { cause: reason });
    }
  }

  /** Adds what a candidate's address lacks: the port that this node listens on, and the peer id if it is known. */
  #complete(addr: string, id?: string): Multiaddr {
    const address = multiaddr(addr);
    const hasPort = address.getComponents().some(({ code }) => code === CODE_TCP);
    const withPort = hasPort ? address : address.encapsulate(`/tcp/${this.#components.own.port}`);
    return id === undefined ? withPort : withPort.encapsulate(`/p2p/${id}`);
  }

  #isSelf(addr: Multiaddr): boolean {
    const { own } = this.#components;
    const address = parsePeerAddress(addr);
    return address !== undefined && address.port === own.port && own.isOwn(address.ip);
  }

  /** Asks for the nodes close to this one, so that those find each other that only have a bootstrap peer in common. */
  async #walk(signal: AbortSignal): Promise<void> {
    const { host } = this.#components;
    try {
      // The walk connects by itself to the nodes that it finds.
      await Array.fromAsync(host.services.kad.getClosestPeers(host.peerId.toMultihash().bytes, { signal }));
    } catch (reason) {
      logger.debug("The walk ended early: {error}", { error: errorMessage(reason) });
    }
  }

  /** Says the same thing once, and again only after a while. */
  #log(error: string): void {
    if (this.#stop.signal.aborted) return;
    if (error === this.#logged && Date.now() - this.#loggedMs < LOG_AGAIN_MS) return;
    [this.#logged, this.#loggedMs] = [error, Date.now()];
    logger.warn("Bootstrap by {kind} found no peer: {error}", { kind: this.#components.bootstrapper.name, error });
  }

  /** Stops joining. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error("the node stops"));
    await this.#running;
  }
}
