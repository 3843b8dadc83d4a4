import type { PodTemplate } from "../../deploy/kube_objects.ts";
import { Containerd, type StartContainerdOptions } from "../../integration/harness/containerd.ts";
import { type ContainerdPaths, formatContainerdConfig } from "../../integration/harness/containerd_config.ts";
import { containerdBinDir, type ContainerdGeneration } from "../../integration/setup/tools.ts";
import { spawnLogged } from "../../support/logged_process.ts";
import type { NetworkNode } from "../../support/network/network_node.ts";
import { HostFiles } from "./host_files.ts";
import { KubePod } from "./kube_pod.ts";
import { PodRuntime } from "./pod_runtime.ts";
import type { Secrets } from "./pod_volumes.ts";

/** What a {@linkcode KubeNode} is made of. */
export interface KubeNodeOptions {
  /** Its place in the network. */
  network: NetworkNode;
  /** Which containerd. */
  generation: ContainerdGeneration;
  /** A directory for its files. */
  dir: string;
  /** The address of the name server. */
  dnsServer: string;
  /** Archives of the images that are there from the start. */
  archives: readonly string[];
}

/** Where containerd has its files on the node. */
const PATHS: ContainerdPaths = {
  root: "/var/lib/containerd",
  state: "/run/containerd",
  socket: "/run/containerd/containerd.sock",
  certsDir: "/etc/containerd/certs.d",
};

/** What containerd is started with on the node. */
const CONFIG_PATH = "/etc/containerd/config.toml";

/** A node of a cluster without Kubernetes: a containerd at the usual places, and pods on it through CRI. */
export class KubeNode implements AsyncDisposable {
  /** Its place in the network. */
  readonly network: NetworkNode;
  /** Its files. */
  readonly host: HostFiles;
  /** Its containerd. */
  readonly containerd: Containerd;
  readonly #options: KubeNodeOptions;
  readonly #runtime: PodRuntime;
  #pods = 0;

  private constructor(options: KubeNodeOptions, host: HostFiles, containerd: Containerd) {
    this.network = options.network;
    this.host = host;
    this.containerd = containerd;
    this.#options = options;
    this.#runtime = new PodRuntime(containerd.cri);
  }

  /** Starts a node with containerd and the images, and no pod. */
  static async start(options: KubeNodeOptions): Promise<KubeNode> {
    const host = await HostFiles.create(`${options.dir}/host`);
    const node = new KubeNode(options, host, await startContainerdOn(options, host));
    try {
      for (const archive of options.archives) await node.containerd.importArchive(archive);
    } catch (reason) {
      await node[Symbol.asyncDispose]();
      throw reason;
    }
    return node;
  }

  /** Starts a pod and waits until it is ready. */
  async run(
    template: PodTemplate,
    options: { name: string; secrets?: Secrets; onSandbox?: (id: string) => Promise<void> },
  ): Promise<KubePod> {
    const { network: { netns, address }, dnsServer, dir } = this.#options;
    return await KubePod.start(template, {
      runtime: this.#runtime,
      host: this.host,
      netns,
      hostIp: address,
      dnsServer,
      namespace: "peili",
      dir: `${dir}/pods/${options.name}-${this.#pods++}`,
      secrets: {},
      ...options,
    });
  }

  /** Stops containerd; what still runs ends with the network namespace. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.containerd[Symbol.asyncDispose]();
  }
}

async function startContainerdOn(options: KubeNodeOptions, host: HostFiles): Promise<Containerd> {
  const { generation, dir, network: { netns } } = options;
  await Deno.writeTextFile(host.outside(CONFIG_PATH), formatContainerdConfig(generation, PATHS));
  const bin = containerdBinDir(generation);
  const outside: ContainerdPaths = {
    root: host.outside(PATHS.root),
    state: host.outside(PATHS.state),
    socket: host.outside(PATHS.socket),
    certsDir: host.outside(PATHS.certsDir),
  };
  const started: StartContainerdOptions = { generation, dir, netns };
  const containerd = new Containerd(started, outside, () =>
    spawnLogged({
      name: `containerd ${generation}`,
      command: host.command(netns, [`${bin}/containerd`, "--config", CONFIG_PATH]),
      logPath: `${dir}/containerd.log`,
      env: { PATH: `${bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin` },
    }));
  try {
    await containerd.ready();
  } catch (reason) {
    await containerd[Symbol.asyncDispose]();
    throw reason;
  }
  return containerd;
}
