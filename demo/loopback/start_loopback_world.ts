import { OciLayout } from "../../tests/support/image/oci_layout.ts";
import { startUpstream } from "../../tests/support/upstream/start_upstream.ts";
import { makeImage, UPSTREAM_BYTES_PER_SECOND } from "../image.ts";
import { formatBytes } from "../screen/format.ts";
import { step } from "../screen/step.ts";
import type { World, WorldOptions } from "../world.ts";
import { freePorts } from "./free_ports.ts";
import { LoopbackNode, type LoopbackNodeOptions } from "./loopback_node.ts";

/** Starts a registry and three nodes on loopback, all as processes of their own. Needs neither root nor containerd. */
export async function startLoopbackWorld({ screen, signal }: WorldOptions): Promise<World> {
  await using parts = new AsyncDisposableStack();
  const dir = await Deno.makeTempDir({ prefix: "peili-demo-" });
  parts.defer(() => Deno.remove(dir, { recursive: true }));
  const layout = await OciLayout.create(`${dir}/upstream`);
  const image = await step(screen, "image", async () => {
    const value = await makeImage(layout);
    return { value, text: `${value.layers.length} layers, ${formatBytes(value.totalBytes)}` };
  });
  const upstream = await step(screen, "upstream", async () => {
    const value = parts.use(await startUpstream({ layoutDir: layout.dir, logPath: `${dir}/upstream.log` }));
    await value.setFaults([{ bytesPerSecond: UPSTREAM_BYTES_PER_SECOND }]);
    return { value, text: `${value.address}, held to ${formatBytes(UPSTREAM_BYTES_PER_SECOND)}/s a download` };
  });
  const nodes = await step(screen, "nodes", async () => {
    const value = await startNodes({ image, registry: upstream.address, dir, signal }, parts);
    return { value, text: `${value.map(({ name }) => name).join(", ")}: each knows the two others` };
  });
  const owned = parts.move();
  return {
    image,
    upstream,
    nodes,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function startNodes(
  options: Pick<LoopbackNodeOptions, "image" | "registry" | "dir" | "signal">,
  parts: AsyncDisposableStack,
): Promise<[LoopbackNode, LoopbackNode, LoopbackNode]> {
  const ports = freePorts(3);
  const start = async (index: 0 | 1 | 2) =>
    parts.use(
      await LoopbackNode.start({
        ...options,
        name: `node ${index + 1}`,
        dir: `${options.dir}/node-${index + 1}`,
        layoutDir: `${options.dir}/node-${index + 1}/layout`,
        bootstrapPort: ports[index] ?? 0,
        otherBootstrapPort: ports[index === 0 ? 1 : 0] ?? 0,
      }),
    );
  const first = await start(0); // alone, as the first start of all downloads the modules
  const others = [start(1), start(2)] as const;
  await Promise.allSettled(others); // a failure must not leave the other one half started
  const nodes: [LoopbackNode, LoopbackNode, LoopbackNode] = [first, ...await Promise.all(others)];
  for (const node of nodes) await node.hasPeers(nodes.length - 1, options);
  return nodes;
}
