import { MIB } from "../../../src/core/units.ts";
import { type KubeObject, podTemplate } from "../../deploy/kube_objects.ts";
import type { ContainerdGeneration } from "../../integration/setup/tools.ts";
import { buildImage, type BuildImageOptions, type BuiltImage } from "../../support/image/build_image.ts";
import { OciLayout } from "../../support/image/oci_layout.ts";
import { TestNetwork } from "../../support/network/test_network.ts";
import { startUpstream, type Upstream } from "../../support/upstream/start_upstream.ts";
import { ClusterDns } from "./cluster_dns.ts";
import { KubeNode } from "./kube_node.ts";
import type { KubePod } from "./kube_pod.ts";
import type { Secrets } from "./pod_volumes.ts";

/** What {@linkcode KubeCluster.start} starts. */
export interface KubeClusterOptions {
  /** The containerd of each node. */
  generations: readonly ContainerdGeneration[];
  /** Archives of the images that the nodes have from the start. */
  archives: readonly string[];
}

/** What a {@linkcode KubeCluster} is made of. */
interface Parts {
  nodes: readonly KubeNode[];
  upstream: Upstream;
  layout: OciLayout;
  dns: ClusterDns;
  owned: AsyncDisposableStack;
}

/** The Secrets of the tests. */
export const SECRETS: Secrets = { "peili-cluster-secret": { secret: `${"0123456789abcdef".repeat(3)}\n` } };

/** Nodes with containerd, a registry, and a name server: what rendered objects need to run. Needs root. */
export class KubeCluster implements AsyncDisposable {
  readonly #parts: Parts;

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Starts everything but pods. */
  static async start({ generations, archives }: KubeClusterOptions): Promise<KubeCluster> {
    await using owned = new AsyncDisposableStack();
    const dir = await Deno.makeTempDir({ prefix: "peili-" });
    owned.defer(() => Deno.remove(dir, { recursive: true }));
    const network = owned.use(await TestNetwork.create());
    const dns = owned.use(await ClusterDns.start(network.hostAddress));
    const layout = await OciLayout.create(`${dir}/upstream`);
    const { address: host, netns } = await network.addNode("upstream");
    const log = { layoutDir: layout.dir, logPath: `${dir}/upstream.log` };
    const upstream = owned.use(await startUpstream({ ...log, host, port: 5000, netns }));
    const nodes: KubeNode[] = [];
    for (const [index, generation] of generations.entries()) {
      const place = { network: await network.addNode(`n${index}`), dir: `${dir}/n${index}` };
      await Deno.mkdir(place.dir);
      nodes.push(owned.use(await KubeNode.start({ ...place, generation, dnsServer: network.hostAddress, archives })));
    }
    return new KubeCluster({ nodes, upstream, layout, dns, owned: owned.move() });
  }

  /** The nodes. */
  get nodes(): readonly KubeNode[] {
    return this.#parts.nodes;
  }

  /** The registry. */
  get upstream(): Upstream {
    return this.#parts.upstream;
  }

  /** Makes an image in the registry, and returns it with its whole name. */
  async image(name: string, options: Partial<BuildImageOptions> = {}): Promise<BuiltImage & { reference: string }> {
    const layers = [{ sizeBytes: 3 * MIB }, { sizeBytes: MIB }];
    const image = await buildImage(this.#parts.layout, { names: [name], layers, ...options });
    return { ...image, reference: `${this.upstream.address}/${name}` };
  }

  /** Makes several images, one after the other, and returns their whole names. */
  async images(names: readonly string[], options: Partial<BuildImageOptions> = {}): Promise<string[]> {
    const references: string[] = [];
    for (const name of names) references.push((await this.image(name, options)).reference);
    return references;
  }

  /** Says that a headless Service has a pod on every node. */
  serve(service: string): void {
    this.#parts.dns.setService(service, "peili", this.nodes.map(({ network }) => network.address));
  }

  /** Starts the pod of a DaemonSet on every node, one after the other, and waits until they are ready. */
  async runDaemonSet(objects: readonly KubeObject[], name: string): Promise<KubePod[]> {
    const template = podTemplate(objects, name);
    const pods: KubePod[] = [];
    for (const node of this.nodes) {
      pods.push(this.#parts.owned.use(await node.run(template, { name, secrets: SECRETS })));
    }
    return pods;
  }

  /** Stops everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.owned.disposeAsync();
  }
}
