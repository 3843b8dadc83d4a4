import type { HostedStats, LookupOutcome, OpenArgs, OpenedNode } from "./host_calls.ts";
import type { RouterHost } from "./router_host.ts";

/** How a {@linkcode HostedRouter} is opened: as the host is told, but for the name. */
export type HostedRouterOptions = Omit<OpenArgs, "node">;

/** How keys are looked up. */
export interface LookupKeysOptions {
  /** When each lookup is aborted, in milliseconds. */
  deadlineMs: number;
  /** The most providers. @default {3} */
  limit?: number;
}

/** How many nodes this process has opened. */
let opened = 0;

/** A node in another process. It ends with its host. */
export class HostedRouter {
  /** The process that holds it. */
  readonly host: RouterHost;
  /** Its peer id. */
  readonly id: string;
  /** What it announces, as multiaddrs with the peer id. */
  readonly peers: readonly string[];
  /** How long opening it took, in milliseconds. */
  readonly openMs: number;
  readonly #node: string;

  private constructor(host: RouterHost, node: string, { id, peers, openMs }: OpenedNode) {
    this.host = host;
    this.#node = node;
    this.id = id;
    this.peers = peers;
    this.openMs = openMs;
  }

  /**
   * Opens a node.
   *
   * @throws {Error} If it cannot be opened, or the host has ended.
   */
  static async open(host: RouterHost, options: HostedRouterOptions): Promise<HostedRouter> {
    const node = `node-${++opened}`;
    return new HostedRouter(host, node, await host.call("open", { node, ...options }));
  }

  /** Announces keys. */
  async announce(keys: readonly string[]): Promise<void> {
    await this.host.call("announce", { node: this.#node, keys });
  }

  /** Withdraws keys. */
  async withdraw(keys: readonly string[]): Promise<void> {
    await this.host.call("withdraw", { node: this.#node, keys });
  }

  /** Looks keys up, one after the other. */
  async lookup(keys: readonly string[], options: LookupKeysOptions): Promise<LookupOutcome[]> {
    const { deadlineMs, limit } = options;
    return await this.host.call("lookup", { node: this.#node, keys, deadlineMs, limit });
  }

  /** Tells that fetching a key from a provider has failed. Returns whether the router can be told so. */
  async failed(provider: string, key: string): Promise<boolean> {
    return await this.host.call("failed", { node: this.#node, provider, key });
  }

  /**
   * Waits until the node knows so many peers, and returns how long that took, in milliseconds.
   *
   * @throws {Error} If it takes too long.
   */
  async awaitPeers(peers: number, timeoutMs: number): Promise<number> {
    const args = { node: this.#node, peers, timeoutMs };
    return await this.host.call("awaitPeers", args, { timeoutMs: timeoutMs + 10_000 });
  }

  /** Its figures. */
  async stats(): Promise<HostedStats> {
    const stats = (await this.host.call("stats", {}))[this.#node];
    if (!stats) throw new Error(`Cannot tell the figures of "${this.#node}": it is not open`);
    return stats;
  }

  /** Stops the node in order. */
  async stop(): Promise<void> {
    await this.host.call("stop", { node: this.#node });
  }
}
