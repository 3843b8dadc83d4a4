import type { LookupOptions, Provider, Router, RouterState } from "./router.ts";

/** What a router of a {@linkcode MemoryNetwork} is opened with. */
export interface MemoryRouterOptions {
  /** The id of the node; chosen by chance when it is not given. */
  id?: string;
  /** The node's peer listeners, as `host:port`. */
  hosts: readonly string[];
}

/** How many providers a lookup yields at most, unless it is told otherwise. */
const DEFAULT_LOOKUP_LIMIT = 3;

/** A network whose nodes live in one process and find each other at once, for tests and for programs of one process. */
export class MemoryNetwork {
  readonly #routers = new Map<string, MemoryRouter>();

  /**
   * Adds a node.
   *
   * @throws {RangeError} If the node has no host, or the id is taken.
   */
  open(options: MemoryRouterOptions): Router {
    const { id = crypto.randomUUID(), hosts } = options;
    if (hosts.length === 0) throw new RangeError(`Cannot open a router as hosts must not be empty`);
    if (this.#routers.has(id)) throw new RangeError(`Cannot open router "${id}": the id is taken`);
    const router = new MemoryRouter(id, hosts, this.#routers);
    this.#routers.set(id, router);
    return router;
  }
}

class MemoryRouter implements Router {
  readonly id: string;
  readonly #hosts: readonly string[];
  readonly #network: Map<string, MemoryRouter>;
  readonly #keys = new Set<string>();

  constructor(id: string, hosts: readonly string[], network: Map<string, MemoryRouter>) {
    this.id = id;
    this.#hosts = [...hosts];
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
      yield { id: router.id, hosts: router.#hosts };
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

  [Symbol.asyncDispose](): Promise<void> {
    this.#network.delete(this.id);
    return Promise.resolve();
  }
}
