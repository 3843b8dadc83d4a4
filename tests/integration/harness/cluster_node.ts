import { isManifestMediaType } from "../../../src/oci/media_type.ts";
import type { ContentDescriptor } from "../../support/image/oci_layout.ts";
import type { BuiltImage } from "../../support/image/build_image.ts";
import { httpText } from "../../support/http_text.ts";
import { spawnLogged } from "../../support/logged_process.ts";
import type { NetworkNode } from "../../support/network/network_node.ts";
import { runCommand } from "../../support/run_command.ts";
import { until } from "../../support/until.ts";
import { type Containerd, startContainerd } from "./containerd.ts";
import type { ContainerdConfig } from "./containerd_config.ts";
import type { CriCallOptions } from "./cri_client.ts";
import { hostsCommand } from "./peili_command.ts";
import { type Peili, PEILI_PORTS, startPeili } from "./peili.ts";
import type { ContainerdGeneration } from "../setup/tools.ts";

/** What a {@linkcode ClusterNode} is made of. */
export interface ClusterNodeOptions {
  /** Its place in the network. */
  network: NetworkNode;
  /** Which containerd. */
  generation: ContainerdGeneration;
  /** What differs from its defaults. */
  config?: ContainerdConfig;
  /** A directory for its files. */
  dir: string;
  /** The `host:port` of the registry whose images it pulls. */
  registry: string;
  /** The address of another node, to be found through. */
  bootstrapAddress: string;
  /** More flags for Peili. */
  peiliFlags?: readonly string[];
}

/** How long content may take from a store to the other nodes, in milliseconds. */
const ANNOUNCED_MS = 20_000;

const AWAIT_SERVED = new URL("./await_served.ts", import.meta.url).pathname;

/** A node as in a cluster: a containerd and a Peili in a network namespace, and `hosts.toml` between them. */
export class ClusterNode implements AsyncDisposable {
  /** Its place in the network. */
  readonly network: NetworkNode;
  /** Its containerd. */
  readonly containerd: Containerd;
  #peili: Peili;
  readonly #options: ClusterNodeOptions;

  private constructor(options: ClusterNodeOptions, containerd: Containerd, peili: Peili) {
    this.network = options.network;
    this.containerd = containerd;
    this.#peili = peili;
    this.#options = options;
  }

  /** Starts everything on a node. */
  static async start(options: ClusterNodeOptions): Promise<ClusterNode> {
    await using parts = new AsyncDisposableStack();
    const { generation, config, dir, network: { netns } } = options;
    const containerd = parts.use(await startContainerd({ generation, config, dir, netns }));
    const peili = parts.use(await startPeiliOn(options, containerd));
    const node = new ClusterNode(options, containerd, peili);
    await node.configureRegistry();
    parts.move();
    return node;
  }

  /** The running Peili. Another one after {@linkcode restartPeili}. */
  get peili(): Peili {
    return this.#peili;
  }

  /** Starts Peili again after it ended, with more flags than it has anyway. */
  async restartPeili(...flags: string[]): Promise<void> {
    await this.#peili.process.kill();
    const peiliFlags = [...this.#options.peiliFlags ?? [], ...flags];
    this.#peili = await startPeiliOn({ ...this.#options, peiliFlags }, this.containerd);
  }

  /** Kills Peili and containerd at once, as if the node had crashed. */
  async kill(): Promise<void> {
    await Promise.all([this.#peili.process.kill(), this.containerd.stop({ kill: true })]);
  }

  /** Starts again what does not run. */
  async revive(): Promise<void> {
    if (this.containerd.process.end) await this.containerd.start();
    if (this.#peili.process.end) await this.restartPeili();
  }

  /** Runs `peili configuration`, so that containerd asks Peili first. */
  async configure(...flags: string[]): Promise<void> {
    const target = `--mirror-targets=http://127.0.0.1:${PEILI_PORTS.local}`;
    const [command, ...args] = hostsCommand(this.containerd.paths.certsDir, ["configuration", target, ...flags]);
    await runCommand(command, args);
  }

  /** Runs `peili configuration` for the registry that images are pulled from. */
  async configureRegistry(): Promise<void> {
    await this.configure(`--mirrored-registries=http://${this.#options.registry}`);
  }

  /** Lets containerd ask the registry and nobody else, until {@linkcode configureRegistry} puts Peili in front again. */
  async withoutPeili(): Promise<void> {
    const registry = `http://${this.#options.registry}`;
    const hostsToml = `server = "${registry}"\n[host."${registry}"]\n  capabilities = ["pull", "resolve"]\n`;
    await Deno.writeTextFile(`${this.containerd.paths.certsDir}/${this.#options.registry}/hosts.toml`, hostsToml);
  }

  /** Runs `peili cleanup` until it says that it is done, so that containerd asks as it did before. */
  async cleanUp(): Promise<void> {
    const address = `${this.network.address}:${PEILI_PORTS.cleanup}`;
    const { socket, paths: { certsDir } } = this.containerd;
    await using cleanup = spawnLogged({
      name: "peili cleanup",
      command: hostsCommand(certsDir, ["cleanup", `--addr=${address}`, `--containerd-sock=${socket}`], socket),
      logPath: `${this.#options.dir}/cleanup.log`,
      netns: this.network.netns,
    });
    await cleanup.up(async () => await httpText(`http://${address}/readyz`) === "");
  }

  /**
   * Pulls an image as a kubelet does.
   *
   * @param name What follows the registry, such as `lib/app:v1`.
   */
  async pull(name: string, options: CriCallOptions = {}): Promise<void> {
    await this.containerd.cri.pullImage(`${this.#options.registry}/${name}`, options);
  }

  /** Removes an image and its content. */
  async remove(name: string): Promise<void> {
    await this.containerd.cri.removeImage(`${this.#options.registry}/${name}`);
  }

  /** Tells what a pull brought from Peili: bytes given since `before`. */
  async bytesGivenSince(before: { local: number; peer: number }): Promise<{ local: number; peer: number }> {
    const now = await this.#peili.bytesGiven();
    return { local: now.local - before.local, peer: now.peer - before.peer };
  }

  /**
   * Waits until this node's Peili serves an image, from wherever: its other content has been announced and found.
   *
   * @param name What follows the registry, with a tag.
   * @throws {Error} If it does not within 20 s; the text names what is not served.
   */
  async serves(name: string, image: BuiltImage): Promise<void> {
    const [repository = "", tag = ""] = name.split(":");
    const references = [
      `manifests/${tag}`,
      ...image.content.map(({ mediaType, digest }) =>
        `${isManifestMediaType(mediaType) ? "manifests" : "blobs"}/${digest}`
      ),
    ];
    const urls = references.map((reference) =>
      `http://127.0.0.1:${PEILI_PORTS.local}/v2/${repository}/${reference}?ns=${
        encodeURIComponent(this.#options.registry)
      }`
    );
    const program = [Deno.execPath(), "run", "--quiet", "--allow-net", AWAIT_SERVED];
    await runCommand("ip", ["netns", "exec", this.network.netns, ...program, `${ANNOUNCED_MS}`, ...urls]);
  }

  /** Waits until this node's Peili counts at least as many announced digests as containerd has blobs. */
  async announced(): Promise<void> {
    const blobs = await this.containerd.blobsOnDisk();
    await until(`${this.network.name} to announce ${blobs.length} blobs`, async () => {
      return await this.#peili.metric("spegel_advertised_content_digests") >= blobs.length;
    });
  }

  /**
   * Waits until containerd has taken in so many bytes of one of these layers, while it downloads it. By default of any:
   * a containerd that was killed keeps what it had.
   */
  async hasIngested(bytes: number, layers?: readonly ContentDescriptor[]): Promise<void> {
    await until(`${this.network.name} to have ${bytes} bytes of a layer`, async () => {
      return await this.#largestIngest(layers) >= bytes;
    }, { intervalMs: 20 });
  }

  /** Returns the ends of the logs of what runs on it. */
  async logTails(): Promise<string> {
    const parts = [this.#peili.process, this.containerd.process];
    const tails = await Promise.all(
      parts.map(async (part) => `--- ${part.name} on ${this.network.name}\n${await part.logTail()}`),
    );
    return tails.join("\n");
  }

  /** Stops everything on it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#peili[Symbol.asyncDispose]();
    await this.containerd[Symbol.asyncDispose]();
  }

  async #largestIngest(layers?: readonly ContentDescriptor[]): Promise<number> {
    let largest = 0;
    for await (const { name } of Deno.readDir(`${this.containerd.contentPath}/ingest`)) {
      const dir = `${this.containerd.contentPath}/ingest/${name}`;
      const ref = await Deno.readTextFile(`${dir}/ref`).catch(() => ""); // not yet there, or gone
      if (layers?.every(({ digest }) => !ref.endsWith(digest))) continue;
      const info = await Deno.stat(`${dir}/data`).catch(() => undefined);
      largest = Math.max(largest, info?.size ?? 0);
    }
    return largest;
  }
}

function startPeiliOn(options: ClusterNodeOptions, containerd: Containerd): Promise<Peili> {
  const { network, dir, bootstrapAddress, peiliFlags } = options;
  return startPeili({ node: network, containerd, dir, bootstrapAddress, flags: peiliFlags });
}
