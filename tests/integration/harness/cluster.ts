import { MIB } from "../../../src/core/units.ts";
import { buildImage, type BuildImageOptions, type BuiltImage } from "../../support/image/build_image.ts";
import { OciLayout } from "../../support/image/oci_layout.ts";
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
}

/** Layers that matter only for being there have this size. */
const SMALL_LAYER_BYTES = MIB;

/** Three nodes and the registry that they pull from. */
export interface Cluster extends AsyncDisposable {
  /** A directory for files of tests, removed with the cluster. */
  readonly dir: string;
  /** What the registry serves. */
  readonly layout: OciLayout;
  /** The registry. */
  readonly upstream: Upstream;
  /** The nodes. */
  readonly nodes: readonly [ClusterNode, ClusterNode, ClusterNode];
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
export async function startCluster({ generation, config }: StartClusterOptions): Promise<Cluster> {
  await using parts = new AsyncDisposableStack();
  const dir = await Deno.makeTempDir({ prefix: "peili-" });
  parts.defer(() => Deno.remove(dir, { recursive: true }));
  const network = parts.use(await TestNetwork.create());
  const layout = await OciLayout.create(`${dir}/upstream`);
  const place = await network.addNode("upstream");
  const upstream = parts.use(
    await startUpstream({
      layoutDir: layout.dir,
      logPath: `${dir}/upstream.log`,
      host: place.address,
      port: 5000,
      netns: place.netns,
    }),
  );
  const places = [await network.addNode("a"), await network.addNode("b"), await network.addNode("c")] as const;
  async function start(index: 0 | 1 | 2): Promise<ClusterNode> {
    const bootstrapAddress = places[index === 0 ? 1 : 0].address;
    const node = places[index];
    return parts.use(
      await ClusterNode.start({
        network: node,
        generation,
        config,
        dir: `${dir}/${node.name}`,
        registry: upstream.address,
        bootstrapAddress,
      }),
    );
  }
  const nodes = [await start(0), await start(1), await start(2)] as const;
  const owned = parts.move();
  return {
    dir,
    layout,
    upstream,
    nodes,
    async image(name, options = {}) {
      const layers = [{ sizeBytes: SMALL_LAYER_BYTES }, { sizeBytes: SMALL_LAYER_BYTES / 2 }];
      return await buildImage(layout, { names: [name], layers, ...options });
    },
    async logTails() {
      return (await Promise.all(nodes.map((node) => node.logTails()))).join("\n");
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
