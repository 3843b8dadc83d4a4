import type { NodeKind } from "../../support/routing/host_calls.ts";
import { HostedRouter } from "../../support/routing/hosted_router.ts";
import { statsOf } from "../../support/routing/hosted_stats.ts";
import { loopbackAddresses } from "../../support/routing/loopback_addresses.ts";
import { RouterHost } from "../../support/routing/router_host.ts";

/** How a {@linkcode BenchCluster} is made. */
export interface BenchClusterOptions {
  /** How many nodes, three at least. */
  nodes: number;
  /** Of which kind they are. */
  kind: NodeKind;
  /** The program of the processes. */
  program: string;
}

/** How many nodes one process holds at most, so that no node waits for many others of its process. */
const NODES_PER_HOST = 25;
/** Into how many processes the nodes go at least, so that what is measured crosses processes. */
const HOSTS_MIN = 2;
/** How much V8 lets young objects of a process with one node take, in MiB: as Peili is started. For 25 it is too little. */
const SEMI_SPACE_MIB = 2;
/** How many nodes are opened at once: connecting to each other takes CPU time, of which there is little here. */
const OPENING_MAX = 4;
/** How many nodes every other one finds the cluster by. */
const FIRST_PEERS = 3;
/** The port of peer listeners that nobody asks. */
const REGISTRY_PORT = 5000;

/** A cluster on loopback: two nodes with a process of their own, which are measured, and others that share a few. */
export class BenchCluster implements AsyncDisposable {
  readonly #parts = new AsyncDisposableStack();
  readonly #addresses = loopbackAddresses();
  readonly #kind: NodeKind;
  readonly #program: string;
  readonly #hosts: RouterHost[] = [];
  readonly #nodes: HostedRouter[] = [];

  private constructor({ kind, program }: BenchClusterOptions) {
    this.#kind = kind;
    this.#program = program;
  }

  /** Starts all nodes. They may not know each other yet. */
  static async start(options: BenchClusterOptions): Promise<BenchCluster> {
    const cluster = new BenchCluster(options);
    try {
      await cluster.addNode();
      await cluster.addNode();
      await cluster.#addOthers(options.nodes - 2);
      return cluster;
    } catch (reason) {
      await cluster[Symbol.asyncDispose]();
      throw reason;
    }
  }

  /** The node that announces, alone in its process. */
  get announcer(): HostedRouter {
    return this.#nodes[0]!;
  }

  /** The node that looks up, alone in its process. */
  get asker(): HostedRouter {
    return this.#nodes[1]!;
  }

  /** All nodes. */
  get nodes(): readonly HostedRouter[] {
    return this.#nodes;
  }

  /** All processes. */
  get hosts(): readonly RouterHost[] {
    return this.#hosts;
  }

  /** The processes of the nodes that are not measured by themselves. */
  get sharedHosts(): readonly RouterHost[] {
    return this.#hosts.slice(2);
  }

  /** Adds one node in a process of its own. */
  async addNode(): Promise<HostedRouter> {
    return await this.#open(await this.#startHost({ semiSpaceMib: SEMI_SPACE_MIB }));
  }

  /** How many records of other nodes all nodes together hold. */
  async records(): Promise<number> {
    return (await statsOf(this.#hosts)).reduce((sum, { records }) => sum + records, 0);
  }

  /** How many peers the node knows that knows the fewest. */
  async fewestPeers(): Promise<number> {
    return Math.min(...(await statsOf(this.#hosts)).map(({ peers }) => peers));
  }

  async #addOthers(count: number): Promise<void> {
    const hostCount = Math.max(HOSTS_MIN, Math.ceil(count / NODES_PER_HOST));
    const hosts = await Promise.all(Array.from({ length: hostCount }, () => this.#startHost()));
    let left = count;
    const openSome = async () => {
      while (left > 0) await this.#open(hosts[--left % hostCount]!);
    };
    await Promise.all(Array.from({ length: OPENING_MAX }, openSome));
  }

  async #startHost(options: { semiSpaceMib?: number } = {}): Promise<RouterHost> {
    const host = this.#parts.use(
      await RouterHost.start({ ...options, name: `bench ${this.#hosts.length}`, program: this.#program }),
    );
    this.#hosts.push(host);
    return host;
  }

  async #open(host: RouterHost): Promise<HostedRouter> {
    const peers = this.#nodes.slice(0, FIRST_PEERS).flatMap((node) => node.peers);
    const node = await HostedRouter.open(host, {
      kind: this.#kind,
      hostname: this.#addresses.next().value,
      port: 0,
      registryPort: REGISTRY_PORT,
      bootstrap: { kind: "static", peers },
    });
    this.#nodes.push(node);
    return node;
  }

  /** Ends all processes. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.disposeAsync();
  }
}
