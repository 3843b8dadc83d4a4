import { MIB } from "../../../src/core/units.ts";
import { buildImage, type BuildImageOptions, type BuiltImage } from "../../support/image/build_image.ts";
import { OciLayout } from "../../support/image/oci_layout.ts";
import type { NetworkNode } from "../../support/network/network_node.ts";
import { mountMemoryDisk } from "../../support/memory_disk.ts";
import { TestNetwork } from "../../support/network/test_network.ts";
import { startUpstream, type Upstream } from "../../support/upstream/start_upstream.ts";
import type { ContainerdGeneration } from "../setup/tools.ts";
import type { ContainerdConfig } from "./containerd_config.ts";
import { ClusterNode } from "./cluster_node.ts";

/** What {@linkcode startCluster} starts. */
export interface StartClusterOptions {
  /** Which containerd. */
  generation: ContainerdGeneration;
  /** What differs from its defaults. */
  config?: ContainerdConfig;
  /** More flags for each Peili. */
  peiliFlags?: readonly string[];
  /** Give each node a disk in memory, of so many bytes. @default the machine's own disk */
  memoryDiskBytes?: number;
}

/** Layers that matter only for being there have this size. */
const SMALL_LAYER_BYTES = MIB;

/** Nodes are called `a`, `b` and so on. */
const NAMES = "abcdefghijklmnopqrstuvwxyz";

/** The nodes of a small cluster. */
type ThreeNodes = readonly [ClusterNode, ClusterNode, ClusterNode];

/** Nodes and the registry that they pull from. */
export interface Cluster<Nodes extends readonly ClusterNode[] = ThreeNodes> extends AsyncDisposable {
  /** A directory for files of tests, removed with the cluster. */
  readonly dir: string;
  /** What the registry serves. */
  readonly layout: OciLayout;
  /** The registry. */
  readonly upstream: Upstream;
  /** The registry's place in the network. */
  readonly upstreamNetwork: NetworkNode;
  /** The nodes. */
  readonly nodes: Nodes;
  /**
   * Makes an image in the registry.
   *
   * @param name Its name, such as `lib/app:v1`.
   * @param options What differs from an image of two small layers.
   */
  image(name: string, options?: Partial<BuildImageOptions>): Promise<BuiltImage>;
  /** Returns the ends of all logs. */
  logTails(): Promise<string>;
}

/** Starts a registry and three nodes, each in a network namespace of its own. */
export async function startCluster(options: StartClusterOptions): Promise<Cluster> {
  const cluster = await startClusterOf(3, options);
  const [a, b, c] = cluster.nodes;
  if (!a || !b || !c) throw new RangeError("Cannot use a cluster: it has less than three nodes");
  return { ...cluster, nodes: [a, b, c] };
}

/** Starts a registry and any number of nodes, up to 26, each in a network namespace of its own. */
export async function startClusterOf(
  count: number,
  options: StartClusterOptions,
): Promise<Cluster<readonly ClusterNode[]>> {
  await using parts = new AsyncDisposableStack();
  const dir = await Deno.makeTempDir({ prefix: "peili-" });
  parts.defer(() => Deno.remove(dir, { recursive: true }));
  const network = parts.use(await TestNetwork.create());
  const layout = await OciLayout.create(`${dir}/upstream`);
  const upstreamNetwork = await network.addNode("upstream");
  const upstream = parts.use(
    await startUpstream({
      layoutDir: layout.dir,
      logPath: `${dir}/upstream.log`,
      host: upstreamNetwork.address,
      port: 5000,
      netns: upstreamNetwork.netns,
    }),
  );
  const places: NetworkNode[] = [];
  for (const name of NAMES.slice(0, count)) places.push(await network.addNode(name));
  const nodes = await startNodes({ ...options, places, dir, registry: upstream.address }, parts);
  const owned = parts.move();
  return {
    dir,
    layout,
    upstream,
    upstreamNetwork,
    nodes,
    async image(name, imageOptions = {}) {
      const layers = [{ sizeBytes: SMALL_LAYER_BYTES }, { sizeBytes: SMALL_LAYER_BYTES / 2 }];
      return await buildImage(layout, { names: [name], layers, ...imageOptions });
    },
    async logTails() {
      return (await Promise.all(nodes.map((node) => node.logTails()))).join("\n");
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Starts all nodes at once; those that did start are stopped with `parts`, also when another one does not. */
async function startNodes(
  options: StartClusterOptions & { places: readonly NetworkNode[]; dir: string; registry: string },
  parts: AsyncDisposableStack,
): Promise<ClusterNode[]> {
  const { places, generation, config, peiliFlags, memoryDiskBytes, dir, registry } = options;
  for (const { name } of memoryDiskBytes === undefined ? [] : places) {
    parts.use(await mountMemoryDisk(`${dir}/${name}`, memoryDiskBytes ?? 0));
  }
  const started = await Promise.allSettled(places.map((network, index) =>
    ClusterNode.start({
      network,
      generation,
      config,
      peiliFlags,
      registry,
      dir: `${dir}/${network.name}`,
      bootstrapAddress: (places[index === 0 ? 1 : 0] ?? network).address,
    })
  ));
  const nodes = started.flatMap((result) => result.status === "fulfilled" ? [parts.use(result.value)] : []);
  for (const result of started) if (result.status === "rejected") throw result.reason;
  return nodes;
}
