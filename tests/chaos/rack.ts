import type { NetworkNode } from "../support/network/network_node.ts";
import { RouterHost } from "../support/routing/router_host.ts";
import { ChaosNode } from "./chaos_node.ts";

/** What a {@linkcode Rack} is made of. */
export interface RackOptions {
  /** Its number in the cluster. */
  number: number;
  /** The address that all of its nodes listen on. */
  hostname: string;
  /** Its place in the network, if it is in a namespace of its own. */
  network?: NetworkNode;
  /** Where its nodes keep their identities. */
  dataDir: string;
}

/** The first port that nodes listen on. */
const FIRST_PORT = 5001;

/** Some nodes that are up in one process, and die with it. */
export class Rack implements AsyncDisposable {
  /** Its number in the cluster. */
  readonly number: number;
  /** Its place in the network, if it is in a namespace of its own. */
  readonly network: NetworkNode | undefined;
  /** Its nodes, whether up or not. */
  readonly nodes: ChaosNode[] = [];
  readonly #options: RackOptions;
  #host: RouterHost | undefined;

  constructor(options: RackOptions) {
    this.#options = options;
    this.number = options.number;
    this.network = options.network;
  }

  /**
   * Its process.
   *
   * @throws {Error} If it does not run.
   */
  get host(): RouterHost {
    if (!this.#host) throw new Error(`Cannot use rack ${this.number}: it is down`);
    return this.#host;
  }

  /** Starts its process, without nodes. */
  async start(): Promise<void> {
    const { number, network, dataDir } = this.#options;
    this.#host = await RouterHost.start({ name: `rack ${number}`, netns: network?.netns, dataDir });
  }

  /** Kills its process with everything in it. */
  async kill(): Promise<void> {
    await this.#host?.kill();
    this.#host = undefined;
    for (const node of this.nodes) node.ended();
  }

  /** Adds a node, which is not up yet. */
  async addNode(sharedKeys: readonly string[]): Promise<ChaosNode> {
    const { number, hostname, dataDir } = this.#options;
    const at = this.nodes.length;
    const node = await ChaosNode.create({
      name: `rack ${number}, node ${at}`,
      hostname,
      port: FIRST_PORT + at,
      dataDir: `${dataDir}/rack-${number}-node-${at}`,
      sharedKeys,
    });
    this.nodes.push(node);
    return node;
  }

  /** Kills its process. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
