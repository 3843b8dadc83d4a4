import { type Cluster, startClusterOf, type StartClusterOptions } from "../../integration/harness/cluster.ts";
import { GIB } from "../../../src/core/units.ts";
import type { ClusterNode } from "../../integration/harness/cluster_node.ts";
import type { BuildImageOptions } from "../../support/image/build_image.ts";
import { until } from "../../support/until.ts";
import type { UpstreamRequest } from "../../support/upstream/upstream_stats.ts";
import { assertAllPulled, type NamedImage, type NodeRollout, type PullOptions, rollOut } from "./roll_out.ts";
import { layersOf } from "./rollout_images.ts";

/** What {@linkcode startRolloutCluster} starts. */
export interface RolloutClusterOptions extends StartClusterOptions {
  /** How many nodes. */
  count: number;
  /** How fast the registry can send, in Mbit/s. @default {80} */
  upstreamMbit?: number;
}

/** A link that two processors fill easily: one download over it takes seconds, and nobody waits for processors. */
export const UPSTREAM_MBIT = 80;

/** Room for the content of a few images and what they unpack to. Only what is used takes memory. */
const NODE_DISK_BYTES = GIB;

/** How long all nodes may take to know each other, in milliseconds. */
const ACQUAINTED_MS = 30_000;

/** Nodes that know each other, and a registry behind a slow link. */
export class RolloutCluster implements AsyncDisposable {
  /** The processes, and their network. */
  readonly cluster: Cluster<readonly ClusterNode[]>;
  #images = 0;
  readonly #made: NamedImage[] = [];
  readonly #upstreamMbit: number;

  /** Use {@linkcode startRolloutCluster}. */
  constructor(cluster: Cluster<readonly ClusterNode[]>, { upstreamMbit = UPSTREAM_MBIT }: RolloutClusterOptions) {
    this.cluster = cluster;
    this.#upstreamMbit = upstreamMbit;
  }

  /** The nodes. */
  get nodes(): readonly ClusterNode[] {
    return this.cluster.nodes;
  }

  /** Returns one node. */
  node(index: number): ClusterNode {
    const node = this.nodes[index];
    if (node === undefined) throw new RangeError(`Cannot take node ${index}: there are ${this.nodes.length}`);
    return node;
  }

  /**
   * Makes an image that nobody has seen before.
   *
   * @param name What follows the registry, where it matters. @default a repository of its own
   */
  async newImage(
    options: BuildImageOptions,
    name: string = `lib/rollout-${++this.#images}:v1`,
  ): Promise<NamedImage> {
    const made = { name, image: await this.cluster.image(name, options) };
    this.#made.push(made);
    return made;
  }

  /** Forgets what was asked of the registry, and pulls an image on nodes at once. By default on all of them. */
  async rollOut(
    named: NamedImage,
    { nodes = this.nodes, ...options }: PullOptions & { nodes?: readonly ClusterNode[] } = {},
  ): Promise<NodeRollout[]> {
    await this.cluster.upstream.reset();
    return await rollOut(nodes.map((node) => ({ node, ...named })), options);
  }

  /** Returns what was asked of the registry since the last rollout began. */
  async requests(): Promise<UpstreamRequest[]> {
    return (await this.cluster.upstream.stats()).recent;
  }

  /** Sets how fast the registry can send, in Mbit/s. */
  async limitUpstream(megabitsPerSecond: number): Promise<void> {
    await this.cluster.upstreamNetwork.limitUplink(megabitsPerSecond);
  }

  /**
   * Puts everything back after a scenario: a good registry, all nodes up, images removed, so that disks stay small.
   * What else a scenario did, it has to undo itself.
   */
  async settle(): Promise<void> {
    await this.cluster.upstream.setFaults([]);
    await this.limitUpstream(this.#upstreamMbit);
    await Promise.all(this.nodes.map((node) => node.revive()));
    await this.acquainted();
    for (const { name } of this.#made.splice(0)) await Promise.all(this.nodes.map((node) => node.remove(name)));
  }

  /** Waits until every node knows every other one. */
  async acquainted(): Promise<void> {
    await Promise.all(this.nodes.map((node) =>
      until(`${node.network.name} to know the others`, async () => {
        return await node.peili.peers() >= this.nodes.length - 1;
      }, { timeoutMs: ACQUAINTED_MS, intervalMs: 200 })
    ));
  }

  /** Lets every program do once what it will be measured at: the first time of all takes longer. */
  async warmUp(): Promise<void> {
    assertAllPulled(await this.rollOut(await this.newImage({ layers: layersOf(1, 1) })));
    await this.settle();
  }

  /** Stops everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.cluster[Symbol.asyncDispose]();
  }
}

/** Starts nodes and a registry behind a slow link, and waits until all know each other. */
export async function startRolloutCluster(options: RolloutClusterOptions): Promise<RolloutCluster> {
  const memoryDiskBytes = NODE_DISK_BYTES;
  const rollouts = new RolloutCluster(await startClusterOf(options.count, { memoryDiskBytes, ...options }), options);
  try {
    await rollouts.acquainted();
    await rollouts.warmUp();
  } catch (reason) {
    console.error(await rollouts.cluster.logTails());
    await rollouts[Symbol.asyncDispose]();
    throw reason;
  }
  return rollouts;
}
