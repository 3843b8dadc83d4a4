import { createHash } from "node:crypto";
import type { CallOptions } from "../../src/core/call_options.ts";
import type { ClosestOptions, Member, Membership, Messenger, Responder } from "../../src/routing/members.ts";
import type { SimulatedClock } from "./simulated_clock.ts";

/** How long a network takes for what. */
export interface SimulatedNetworkOptions {
  /** How long a message takes one way, in milliseconds. */
  latencyMs: () => number;
  /** How long it takes until all know that a node died whose connections were closed, in milliseconds. */
  noticeMs: number;
  /** The same when nothing is heard of it any more. */
  silenceMs: number;
}

/** How long a request that is not answered takes until it fails, in milliseconds. */
const REQUEST_TIMEOUT_MS = 2_000;

/** A network whose nodes know each other, with latency, deaths and partitions. */
export class SimulatedNetwork {
  readonly #clock: SimulatedClock;
  readonly #options: SimulatedNetworkOptions;
  readonly #nodes = new Map<string, SimulatedMembers>();
  readonly #hashes = new Map<string, bigint>();
  readonly #orders = new Map<string, string[]>();
  /** How many messages were sent. */
  messages = 0;
  /** How many bytes these had. */
  messageBytes = 0;

  constructor(clock: SimulatedClock, options: SimulatedNetworkOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  /** Adds a node, which all others know at once. */
  join(id: string, zone = ""): SimulatedMembers {
    const members = new SimulatedMembers(this, { id, hosts: [`${id}:5000`], zone, protocols: [], load: 0 });
    this.#nodes.set(id, members);
    this.#orders.clear();
    return members;
  }

  /** Returns a node's view. */
  membersOf(id: string): SimulatedMembers {
    const members = this.#nodes.get(id);
    if (!members) throw new Error(`Cannot find "${id}": it is no node`);
    return members;
  }

  /** Ends a node: its connections are closed, or it is merely not heard of any more. */
  kill(id: string, how: "closed" | "silent"): void {
    const node = this.#nodes.get(id);
    if (!node) return;
    node.state = how === "closed" ? "dead" : "silent";
    this.#clock.after(how === "closed" ? this.#options.noticeMs : this.#options.silenceMs, () => {
      this.#nodes.delete(id);
      this.#orders.clear();
      for (const other of this.#nodes.values()) other.tellGone(id);
    });
  }

  /** Parts the nodes: those of different sides do not reach each other, and forget each other after a while. */
  partition(sideOf: (id: string) => number): void {
    for (const [id, node] of this.#nodes) node.side = sideOf(id);
    this.#clock.after(this.#options.silenceMs, () => {
      for (const node of this.#nodes.values()) node.knownSide = node.side;
      for (const node of this.#nodes.values()) {
        for (const [id, other] of this.#nodes) {
          if (other.side !== node.side) node.tellGone(id);
        }
      }
    });
  }

  /** Ends the partition. */
  heal(): void {
    for (const node of this.#nodes.values()) node.side = node.knownSide = 0;
  }

  /** Returns whether bytes get from one node to another. */
  reaches(from: string, to: string): boolean {
    const [a, b] = [this.#nodes.get(from), this.#nodes.get(to)];
    return a !== undefined && b !== undefined && a.state === "alive" && b.state === "alive" && a.side === b.side;
  }

  /** Returns whether a node that cannot be reached says so at once. */
  refuses(to: string): boolean {
    const node = this.#nodes.get(to);
    return node === undefined || node.state === "dead";
  }

  /** Returns the nodes that one knows. */
  *visible(from: SimulatedMembers): Iterable<SimulatedMembers> {
    for (const node of this.#nodes.values()) {
      if (node.knownSide === from.knownSide) yield node;
    }
  }

  /** Returns a node that another one knows. */
  find(from: SimulatedMembers, id: string): SimulatedMembers | undefined {
    const node = this.#nodes.get(id);
    return node?.knownSide === from.knownSide ? node : undefined;
  }

  /** Returns the ids of all nodes, the closest to a key first. */
  order(key: string): readonly string[] {
    const known = this.#orders.get(key);
    if (known) return known;
    const target = this.#hash(key);
    const order = [...this.#nodes.keys()]
      .map((id) => ({ id, distance: this.#hash(id) ^ target }))
      .sort((a, b) => a.distance < b.distance ? -1 : 1).map(({ id }) => id);
    this.#orders.set(key, order);
    return order;
  }

  /** Brings a message to a node and its answer back. */
  async deliver(from: string, to: string, call: Parameters<Messenger["request"]>[1], bytes: Uint8Array) {
    const { latencyMs } = this.#options;
    this.messages += 2;
    this.messageBytes += bytes.length;
    await this.#clock.sleep(latencyMs());
    if (this.refuses(to)) throw new Error(`Cannot reach "${to}"`);
    const responder = this.#nodes.get(to)?.responders.get(call);
    if (!this.reaches(from, to) || !responder) return await new Promise<never>(() => {});
    const answer = await responder(bytes, from);
    this.messageBytes += answer.length;
    await this.#clock.sleep(latencyMs());
    return this.reaches(from, to) ? answer : await new Promise<never>(() => {});
  }

  /** Fails after the time that a request may take, or when its signal aborts. */
  late(signal: AbortSignal | undefined): { failed: Promise<never>; cancel: () => void } {
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => {});
    const cancel = this.#clock.after(REQUEST_TIMEOUT_MS, () => reject(new Error("Cannot wait: no answer")));
    const onAbort = () => reject(signal?.reason);
    if (signal?.aborted) onAbort();
    signal?.addEventListener("abort", onAbort, { once: true });
    return {
      failed: promise,
      cancel: () => {
        cancel();
        signal?.removeEventListener("abort", onAbort);
      },
    };
  }

  #hash(text: string): bigint {
    const known = this.#hashes.get(text);
    if (known !== undefined) return known;
    const hash = BigInt(`0x${createHash("sha256").update(text).digest("hex")}`);
    this.#hashes.set(text, hash);
    return hash;
  }
}

/** One node's view of the network. */
export class SimulatedMembers implements Membership, Messenger {
  readonly #network: SimulatedNetwork;
  readonly #self: Member;
  readonly #listeners = new Set<(id: string) => void>();
  /** What answers messages. */
  readonly responders = new Map<string, Responder>();
  /** Whether it can be reached. */
  state: "alive" | "dead" | "silent" = "alive";
  /** On which side of a partition it is. */
  side = 0;
  /** On which side the others take it to be. */
  knownSide = 0;

  constructor(network: SimulatedNetwork, self: Member) {
    this.#network = network;
    this.#self = self;
  }

  self(): Member {
    return { ...this.#self, protocols: [...this.responders.keys()] };
  }

  *members(): Iterable<Member> {
    for (const node of this.#network.visible(this)) {
      if (node !== this) yield node.self();
    }
  }

  member(id: string): Member | undefined {
    return id === this.#self.id ? undefined : this.#network.find(this, id)?.self();
  }

  closestMembers(key: string, { protocol, count }: ClosestOptions): Member[] {
    const found: Member[] = [];
    for (const id of this.#network.order(key)) {
      if (found.length >= count) break;
      const node = this.#network.find(this, id);
      if (node?.responders.has(protocol)) found.push(node.self());
    }
    return found;
  }

  onMemberGone(listener: (id: string) => void, { signal }: { signal: AbortSignal }): void {
    this.#listeners.add(listener);
    signal.addEventListener("abort", () => this.#listeners.delete(listener), { once: true });
  }

  async request(to: string, protocol: string, message: Uint8Array, options: CallOptions = {}): Promise<Uint8Array> {
    const { failed, cancel } = this.#network.late(options.signal);
    try {
      return await Promise.race([this.#network.deliver(this.#self.id, to, protocol, message), failed]);
    } finally {
      cancel();
    }
  }

  respond(protocol: string, responder: Responder): Disposable {
    this.responders.set(protocol, responder);
    return {
      [Symbol.dispose]: () => {
        if (this.state === "alive") this.responders.delete(protocol); // else nobody hears of it
      },
    };
  }

  /** Tells this node that another one is gone. */
  tellGone(id: string): void {
    for (const listener of [...this.#listeners]) listener(id);
  }
}
