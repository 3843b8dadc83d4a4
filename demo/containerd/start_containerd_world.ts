import { startCluster } from "../../tests/integration/harness/cluster.ts";
import { containerdVersion } from "../../tests/integration/setup/containerd_version.ts";
import { missingForIntegration } from "../../tests/integration/setup/missing.ts";
import type { ContainerdGeneration } from "../../tests/integration/setup/tools.ts";
import { IMAGE, makeImage, UPSTREAM_BYTES_PER_SECOND } from "../image.ts";
import { formatBytes } from "../screen/format.ts";
import { step } from "../screen/step.ts";
import type { World, WorldOptions } from "../world.ts";
import { ContainerdNode } from "./containerd_node.ts";

/** What {@linkcode startContainerdWorld} starts. */
export interface ContainerdWorldOptions extends WorldOptions {
  /** Which containerd. */
  generation: ContainerdGeneration;
}

/**
 * Starts a registry and three nodes with real containerds, each in a network namespace.
 *
 * @throws {Error} If that cannot run here, in one line that says what is missing.
 */
export async function startContainerdWorld({ screen, generation, signal }: ContainerdWorldOptions): Promise<World> {
  const missing = await missingForIntegration();
  if (missing) throw new Error(`Cannot play with containerd: ${missing}`);
  await using parts = new AsyncDisposableStack();
  const cluster = await step(screen, "nodes", async () => {
    const value = parts.use(await startCluster({ generation }));
    signal?.throwIfAborted();
    const version = await containerdVersion(generation);
    return { value, text: `three network namespaces, each with a Peili and containerd ${version}` };
  });
  const { upstream, layout } = cluster;
  await step(screen, "upstream", async () => {
    await upstream.setFaults([{ bytesPerSecond: UPSTREAM_BYTES_PER_SECOND }]);
    const text = `${upstream.address}, held to ${formatBytes(UPSTREAM_BYTES_PER_SECOND)}/s a download`;
    return { value: undefined, text };
  });
  const image = await step(screen, "image", async () => {
    const value = await makeImage(layout);
    return { value, text: `${value.layers.length} layers, ${formatBytes(value.totalBytes)}` };
  });
  const imageName = `${IMAGE.repository}:${IMAGE.tag}`;
  const [a, b, c] = cluster.nodes;
  const common = { imageName, image, screen };
  const owned = parts.move();
  return {
    image,
    upstream,
    nodes: [
      new ContainerdNode({ ...common, name: "node 1", node: a }),
      new ContainerdNode({ ...common, name: "node 2", node: b }),
      new ContainerdNode({ ...common, name: "node 3", node: c }),
    ],
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
