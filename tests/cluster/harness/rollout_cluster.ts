import { type Cluster, startClusterOf, type StartClusterOptions } from "../../integration/harness/cluster.ts";
import type { ClusterNode } from "../../integration/harness/cluster_node.ts";
import type { BuildImageOptions, BuiltImage } from "../../support/image/build_image.ts";
import { until } from "../../support/until.ts";
import { assertAllPulled, type NodeRollout, rollOut, type RollOutOptions } from "./roll_out.ts";
import { layersOf } from "./rollout_images.ts";

/** What {@linkcode startRolloutCluster} starts. */
export interface RolloutClusterOptions extends StartClusterOptions {
  /** How many nodes. */
  count: number;
  /** How fast the registry can send, in Mbit/s. @default {80} */
  upstreamMbit?: number;
}

/** An image in the registry, and its name. */
export interface NamedImage {
  /** What follows the registry in a reference. */
  name: string;
  /** What it is made of. */
  image: BuiltImage;
}

/** A link that two processors fill easily: one download over it takes seconds, and nobody waits for processors. */
export const UPSTREAM_MBIT = 80;

/** How long all nodes may take to know each other, in milliseconds. */
const ACQUAINTED_MS = 30_000;

/** Nodes that know each other, and a registry behind a slow link. */
export class RolloutCluster implements AsyncDisposable {
  /** The processes, and their network. */
  readonly cluster: Cluster<readonly ClusterNode[]>;
  #images = 0;

  /** Use {@linkcode startRolloutCluster}. */
  constructor(cluster: Cluster<readonly ClusterNode[]>) {
    this.cluster = cluster;
  }

  /** The nodes. */
  get nodes(): readonly ClusterNode[] {
    return this.cluster.nodes;
  }

  /** Makes an image that nobody has seen before. */
  async newImage(options: BuildImageOptions): Promise<NamedImage> {
    const name = `lib/rollout-${++this.#images}:v1`;
    return { name, image: await this.cluster.image(name, options) };
  }

  /** Sets the counters of the registry to zero, and pulls an image on nodes at once. By default on all of them. */
  async rollOut(
    { name, image }: NamedImage,
    { nodes = this.nodes, ...options }: RollOutOptions & { nodes?: readonly ClusterNode[] } = {},
  ): Promise<NodeRollout[]> {
    await this.cluster.upstream.reset();
    return await rollOut(nodes, name, image, options);
  }

  /** Removes an image from all nodes that have it, so that disks stay small. */
  async remove({ name }: NamedImage): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.remove(name)));
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
    const tiny = await this.newImage({ layers: layersOf(1, 1) });
    assertAllPulled(await this.rollOut(tiny));
    await this.remove(tiny);
  }

  /** Stops everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.cluster[Symbol.asyncDispose]();
  }
}

/** Starts nodes and a registry behind a slow link, and waits until all know each other. */
export async function startRolloutCluster(options: RolloutClusterOptions): Promise<RolloutCluster> {
  const { count, upstreamMbit = UPSTREAM_MBIT } = options;
  const rollouts = new RolloutCluster(await startClusterOf(count, options));
  try {
    await rollouts.acquainted();
    await rollouts.warmUp();
    await rollouts.cluster.upstreamNetwork.limitUplink(upstreamMbit);
  } catch (reason) {
    console.error(await rollouts.cluster.logTails());
    await rollouts[Symbol.asyncDispose]();
    throw reason;
  }
  return rollouts;
}
