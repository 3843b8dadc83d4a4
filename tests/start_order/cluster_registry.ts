import { httpText } from "../support/http_text.ts";
import { buildImage } from "../support/image/build_image.ts";
import { OciLayout } from "../support/image/oci_layout.ts";
import { type LoggedProcess, spawnLogged } from "../support/logged_process.ts";
import type { NetworkNode } from "../support/network/network_node.ts";
import { CLUSTER_NAME } from "./dns_cluster.ts";

/** How well a node says that it is connected. */
export interface Readiness {
  status: "ready" | "degraded";
  peers: number;
}

/** The program: the sources, or a bundle that `PEILI_TEST_BUNDLE` names. */
const PROGRAM = Deno.env.get("PEILI_TEST_BUNDLE") ?? new URL("../../src/cli/main.ts", import.meta.url).pathname;
/** Where its containerd would ask. */
const LOCAL_PORT = 30020;
/** The registry that images come from, which does not exist. */
const UPSTREAM = "registry.test";
/** The size of the one layer of an image. */
const LAYER_BYTES = 1_000;

/** A running `peili registry` that knows others by nothing but a name, with an image of its own. */
export class ClusterRegistry implements AsyncDisposable {
  /** The path of its image's manifest, to be asked of any node. */
  readonly manifestPath: string;
  readonly #process: LoggedProcess;
  readonly #origin: string;

  private constructor(process: LoggedProcess, origin: string, manifestPath: string) {
    this.#process = process;
    this.#origin = origin;
    this.manifestPath = manifestPath;
  }

  /** Starts a node. It may not be ready yet. */
  static async start({ name, netns, address }: NetworkNode, dir: string): Promise<ClusterRegistry> {
    const layout = await OciLayout.create(`${dir}/${name}/layout`);
    const { target: { digest } } = await buildImage(layout, {
      names: [`${UPSTREAM}/lib/${name}:v1`],
      layers: [{ sizeBytes: LAYER_BYTES }],
    });
    const process = spawnLogged({
      name: `peili ${name}`,
      command: [
        Deno.execPath(),
        ...["run", "--quiet", "--no-prompt", "--no-lock", "-A", PROGRAM, "registry"],
        ...["--bootstrap-kind=dns", `--dns-bootstrap-domain=${CLUSTER_NAME}`],
        ...["--store=oci-layout", `--oci-layout-path=${layout.dir}`, `--data-dir=${dir}/${name}/data`],
        `--local-addr=${address}:${LOCAL_PORT}`,
      ],
      logPath: `${dir}/${name}/log`,
      netns,
    });
    const manifestPath = `/v2/lib/${name}/manifests/${digest}?ns=${UPSTREAM}`;
    return new ClusterRegistry(process, `http://${address}:${LOCAL_PORT}`, manifestPath);
  }

  /**
   * Asks how ready it is.
   *
   * @throws {Error} If it is not ready at all.
   */
  async readiness(): Promise<Readiness> {
    return JSON.parse(await httpText(`${this.#origin}/readyz`));
  }

  /**
   * Gets a manifest as a containerd would.
   *
   * @throws {Error} If the answer is not a success.
   */
  async get(manifestPath: string): Promise<string> {
    return await httpText(`${this.#origin}${manifestPath}`);
  }

  /** Stops it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.stop();
  }
}
