import { partitionNodes } from "../support/network/partition_nodes.ts";
import { TestNetwork } from "../support/network/test_network.ts";
import { contentKeys } from "../support/routing/content_keys.ts";
import type { HostedRouter } from "../support/routing/hosted_router.ts";
import { loopbackAddresses } from "../support/routing/loopback_addresses.ts";
import { tempDir } from "../support/temp_dir.ts";
import type { ChaosNode } from "./chaos_node.ts";
import { LASTING_RACKS } from "./chaos_plan.ts";
import type { Oracle } from "./oracle.ts";
import { Rack } from "./rack.ts";
import type { SeededRandom } from "./seeded_random.ts";

/** What a {@linkcode ChaosWorld} is made with. */
export interface ChaosWorldComponents {
  /** Is told of everything before anybody can see it. */
  oracle: Oracle;
  /** Chooses which content nodes have in common. */
  random: SeededRandom;
}

/** How a {@linkcode ChaosWorld} is made. */
export interface ChaosWorldOptions {
  /** How many nodes each rack has at first. */
  racks: readonly number[];
  /** Whether each rack has a network namespace of its own, so that the network can be cut. Needs root. */
  namespaces: boolean;
}

/** How many keys several nodes have, and how many of them each node has. */
const SHARED_KEYS = { all: 40, perNode: 3 };
/** How many nodes are started at once. */
const STARTING_MAX = 4;

/** A cluster of which any part can be killed, started and cut off. */
export class ChaosWorld implements AsyncDisposable {
  /** The racks. */
  readonly racks: Rack[] = [];
  readonly #parts = new AsyncDisposableStack();
  readonly #oracle: Oracle;
  readonly #random: SeededRandom;
  readonly #sharedKeys = contentKeys("shared content", SHARED_KEYS.all);
  readonly #rackOf = new Map<ChaosNode, Rack>();
  #partition: { racks: ReadonlySet<Rack>; healing: AsyncDisposable } | undefined;

  private constructor({ oracle, random }: ChaosWorldComponents) {
    this.#oracle = oracle;
    this.#random = random;
  }

  /** Starts a cluster. Its nodes may not know each other yet. */
  static async start(components: ChaosWorldComponents, options: ChaosWorldOptions): Promise<ChaosWorld> {
    const world = new ChaosWorld(components);
    try {
      await world.#start(options);
      return world;
    } catch (reason) {
      await world[Symbol.asyncDispose]();
      throw reason;
    }
  }

  /** All nodes, whether up or not. */
  get nodes(): ChaosNode[] {
    return this.racks.flatMap(({ nodes }) => nodes);
  }

  /** The nodes that are up. */
  get routers(): HostedRouter[] {
    return this.nodes.map(({ router }) => router).filter((router) => router !== undefined);
  }

  /** All content that some node has. */
  get keys(): string[] {
    return [...new Set(this.nodes.flatMap(({ keys }) => [...keys]))];
  }

  /** Returns what the node with a peer id is called. */
  nameOf(id: string): string {
    return this.nodes.find((node) => node.id === id)?.name ?? `a stranger (${id})`;
  }

  /** Returns whether no partition is between two nodes, given by their peer ids. */
  canReach(id: string, otherId: string): boolean {
    const racks = this.#partition?.racks;
    if (!racks) return true;
    const isInside = (id: string) => [...racks].some(({ nodes }) => nodes.some((node) => node.id === id));
    return isInside(id) === isInside(otherId);
  }

  /** Kills a rack: its nodes say no goodbye. */
  async kill(rack: number): Promise<void> {
    const { nodes } = this.#rack(rack);
    const up = nodes.filter(({ router }) => router !== undefined);
    await this.#rack(rack).kill();
    for (const { id } of up) this.#oracle.died(id, performance.now());
  }

  /** Starts a rack that was killed, with all of its nodes. */
  async revive(rack: number): Promise<void> {
    await this.#rack(rack).start();
    await this.#startNodes(this.#rack(rack).nodes);
  }

  /** Stops a node in order. */
  async stop(rack: number, at: number): Promise<void> {
    const node = this.#node(rack, at);
    const { router } = node;
    node.ended();
    await router?.stop();
    this.#oracle.died(node.id, performance.now());
  }

  /** Starts a node that was stopped. */
  async startNode(rack: number, at: number): Promise<void> {
    await this.#startNodes([this.#node(rack, at)]);
  }

  /** Gives a node content. */
  async announce(rack: number, at: number, count: number): Promise<void> {
    const node = this.#node(rack, at);
    const keys = node.addKeys(count);
    this.#oracle.announces(node.id, keys, performance.now());
    await node.router?.announce(keys);
  }

  /** Takes content from a node. */
  async withdraw(rack: number, at: number, count: number): Promise<void> {
    const node = this.#node(rack, at);
    const keys = node.removeKeys(count);
    await node.router?.withdraw(keys);
    this.#oracle.withdrew(node.id, keys, performance.now());
  }

  /** Cuts racks off from the others. */
  async partition(rackNumbers: readonly number[]): Promise<void> {
    const racks = new Set(rackNumbers.map((number) => this.#rack(number)));
    const places = (inside: boolean) =>
      this.racks.filter((rack) => racks.has(rack) === inside).flatMap(({ network }) => network ?? []);
    this.#partition = { racks, healing: await partitionNodes(places(true), places(false)) };
  }

  /** Ends a partition. */
  async heal(): Promise<void> {
    await this.#partition?.healing[Symbol.asyncDispose]();
    this.#partition = undefined;
  }

  /** Adds nodes, to each rack in turn, until there are so many. */
  async grow(nodeCount: number): Promise<void> {
    const added: ChaosNode[] = [];
    for (let count = this.nodes.length; count < nodeCount; count++) {
      added.push(await this.#addNode(this.#rack(count % this.racks.length)));
    }
    await this.#startNodes(added);
  }

  async #start({ racks, namespaces }: ChaosWorldOptions): Promise<void> {
    const dataDir = this.#parts.use(await tempDir()).path;
    const network = namespaces ? this.#parts.use(await TestNetwork.create()) : undefined;
    const addresses = loopbackAddresses();
    for (const [number, nodes] of racks.entries()) {
      const place = await network?.addNode(`rack${number}`);
      const hostname = place?.address ?? addresses.next().value;
      const rack = this.#parts.use(new Rack({ number, hostname, network: place, dataDir }));
      this.racks.push(rack);
      for (let count = 0; count < nodes; count++) await this.#addNode(rack);
    }
    await Promise.all(this.racks.map((rack) => rack.start()));
    await this.#startNodes(this.nodes);
  }

  async #addNode(rack: Rack): Promise<ChaosNode> {
    const node = await rack.addNode(this.#random.sample(this.#sharedKeys, SHARED_KEYS.perNode));
    this.#rackOf.set(node, rack);
    return node;
  }

  /** Starts nodes, a few at a time. All know the same first peers: the first nodes of the racks that last. */
  async #startNodes(nodes: readonly ChaosNode[]): Promise<void> {
    const peers = this.racks.slice(0, LASTING_RACKS).flatMap(({ nodes: [first] }) => first?.peer ?? []);
    const left = [...nodes];
    const startSome = async () => {
      for (let node = left.shift(); node; node = left.shift()) await this.#startNode(node, peers);
    };
    await Promise.all(Array.from({ length: STARTING_MAX }, startSome));
  }

  async #startNode(node: ChaosNode, peers: readonly string[]): Promise<void> {
    const rack = this.#rackOf.get(node);
    if (!rack) throw new Error(`Cannot start "${node.name}": it is in no rack`);
    this.#oracle.starts(node.id, performance.now());
    const router = await node.start(rack.host, peers);
    this.#oracle.announces(node.id, node.keys, performance.now());
    await router.announce([...node.keys]);
  }

  #rack(number: number): Rack {
    const rack = this.racks[number];
    if (!rack) throw new RangeError(`Cannot find rack ${number}: there are ${this.racks.length}`);
    return rack;
  }

  #node(rack: number, at: number): ChaosNode {
    const node = this.#rack(rack).nodes[at];
    if (!node) throw new RangeError(`Cannot find node ${at} of rack ${rack}: there are fewer`);
    return node;
  }

  /** Ends all processes and removes the network. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.disposeAsync();
  }
}
