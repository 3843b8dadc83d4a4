import { hash } from "node:crypto";
import type { CallOptions } from "../core/call_options.ts";
import { abortable, deadline } from "../core/deadline.ts";
import { errorMessage } from "../core/errors.ts";
import { SECOND_MS } from "../core/units.ts";
import { closest } from "./closest.ts";
import { GoneListeners } from "./gone_listeners.ts";
import { type ClosestOptions, type Member, MEMBER_MESSAGE_MAX_BYTES, type Responder } from "./members.ts";
import type { LookupOptions, Provider, Router, RouterState } from "./router.ts";

/** What a router of a {@linkcode MemoryNetwork} is opened with. */
export interface MemoryRouterOptions {
  /** The id of the node; chosen by chance when it is not given. */
  id?: string;
  /** The node's peer listeners, as `host:port`. */
  hosts: readonly string[];
  /** Where it stands, such as an availability zone. @default {""} */
  zone?: string;
  /** Tells how busy it is with uploads, from 0 (idle) to 1 (full). @default {() => 0} */
  load?(): number;
}

/** How many providers a lookup yields at most, unless it is told otherwise. */
const DEFAULT_LOOKUP_LIMIT = 3;
/** How long a member may take to answer, in milliseconds. */
const ANSWER_TIMEOUT_MS = 2 * SECOND_MS;

/** A network whose nodes live in one process and find each other at once, for tests and for programs of one process. */
export class MemoryNetwork {
  readonly #routers = new Map<string, MemoryRouter>();

  /**
   * Adds a node.
   *
   * @throws {RangeError} If the node has no host, or the id is taken.
   */
  open(options: MemoryRouterOptions): Router {
    const { id = crypto.randomUUID(), hosts, zone = "", load = () => 0 } = options;
    if (hosts.length === 0) throw new RangeError(`Cannot open a router as hosts must not be empty`);
    if (this.#routers.has(id)) throw new RangeError(`Cannot open router "${id}": the id is taken`);
    const router = new MemoryRouter({ id, hosts: [...hosts], zone, load }, this.#routers);
    this.#routers.set(id, router);
    return router;
  }
}

class MemoryRouter implements Router {
  readonly id: string;
  readonly kadId: Uint8Array;
  readonly #options: Required<MemoryRouterOptions>;
  readonly #network: Map<string, MemoryRouter>;
  readonly #keys = new Set<string>();
  readonly #responders = new Map<string, Responder>();
  readonly #listeners = new GoneListeners();

  constructor(options: Required<MemoryRouterOptions>, network: Map<string, MemoryRouter>) {
    this.id = options.id;
    this.kadId = placeOf(options.id);
    this.#options = options;
    this.#network = network;
  }

  async *lookup(key: string, options: LookupOptions = {}): AsyncGenerator<Provider> {
    const { limit = DEFAULT_LOOKUP_LIMIT, signal } = options;
    let found = 0;
    for (const router of [...this.#network.values()]) {
      await Promise.resolve(); // a network answers later, never within the call
      if (signal?.aborted || found >= limit) return;
      if (router === this || !router.#keys.has(key) || !this.#network.has(router.id)) continue;
      found++;
      yield { id: router.id, hosts: router.#options.hosts };
    }
  }

  announce(keys: Iterable<string>): void {
    for (const key of keys) this.#keys.add(key);
  }

  withdraw(keys: Iterable<string>): void {
    for (const key of keys) this.#keys.delete(key);
  }

  state(): RouterState {
    const peers = this.#network.has(this.id) ? this.#network.size - 1 : 0;
    return { status: peers > 0 ? "ready" : "degraded", peers };
  }

  self(): Member {
    const { id, hosts, zone, load } = this.#options;
    return { id, hosts, zone, protocols: [...this.#responders.keys()], load: load() };
  }

  members(): Iterable<Member> {
    return this.#network.values().filter((router) => router !== this).map((router) => router.self());
  }

  member(id: string): Member | undefined {
    return id === this.id ? undefined : this.#network.get(id)?.self();
  }

  closestMembers(key: string, { protocol, count }: ClosestOptions): Member[] {
    const speakers = this.#network.values().filter((router) => router.#responders.has(protocol));
    return closest(placeOf(key), speakers, count).map((router) => router.self());
  }

  onMemberGone(listener: (id: string) => void, options: { signal: AbortSignal }): void {
    this.#listeners.add(listener, options);
  }

  /** A node of the same process that is there at all can be reached. */
  failed(): void {}

  async request(id: string, protocol: string, message: Uint8Array, options: CallOptions = {}): Promise<Uint8Array> {
    options.signal?.throwIfAborted();
    if (message.length > MEMBER_MESSAGE_MAX_BYTES) {
      throw new RangeError(`Cannot send ${message.length} bytes: at most ${MEMBER_MESSAGE_MAX_BYTES} are allowed`);
    }
    await Promise.resolve(); // a network answers later, never within the call
    try {
      const router = this.#network.get(id);
      const responder = router && router !== this ? router.#responders.get(protocol) : undefined;
      if (!responder) throw new Error("it is not known, or does not speak the protocol");
      const answering = (async () => (await responder(message.slice(), this.id)).slice())();
      const answer = await abortable(answering, deadline(ANSWER_TIMEOUT_MS, options.signal));
      if (answer.length > MEMBER_MESSAGE_MAX_BYTES) throw new RangeError("its answer is too long");
      return answer;
    } catch (reason) {
      options.signal?.throwIfAborted();
      throw new Error(`Cannot ask member "${id}" in ${protocol}: ${errorMessage(reason)}`, { cause: reason });
    }
  }

  respond(protocol: string, responder: Responder): Disposable {
    if (this.#responders.has(protocol)) throw new RangeError(`Cannot answer "${protocol}" twice`);
    this.#responders.set(protocol, responder);
    return { [Symbol.dispose]: () => void this.#responders.delete(protocol) };
  }

  [Symbol.asyncDispose](): Promise<void> {
    if (this.#network.delete(this.id)) {
      for (const router of this.#network.values()) router.#listeners.tell(this.id);
    }
    return Promise.resolve();
  }
}

/** Where a text lies in the space of 256 bits in which distances are measured. */
function placeOf(text: string): Uint8Array {
  return hash("sha256", text, "buffer");
}
