import { httpText } from "../../support/http_text.ts";
import { type LoggedProcess, spawnLogged } from "../../support/logged_process.ts";
import type { NetworkNode } from "../../support/network/network_node.ts";
import { metricSum } from "../../support/prometheus_text.ts";
import type { Containerd } from "./containerd.ts";
import { registryCommand } from "./peili_command.ts";

/** The ports of a node of the tests; each node has a network namespace of its own. */
export const PEILI_PORTS = {
  local: 30020,
  registry: 5000,
  router: 5001,
  bootstrap: 5002,
  metrics: 9090,
  cleanup: 8080,
} as const;

/** What {@linkcode startPeili} starts. */
export interface StartPeiliOptions {
  /** The node it runs on. */
  node: NetworkNode;
  /** The containerd whose content it serves. */
  containerd: Containerd;
  /** A directory for its data and its log. */
  dir: string;
  /** The address of another node, to be found through. */
  bootstrapAddress?: string;
  /** More flags. */
  flags?: readonly string[];
}

/** How long a node may take until it is ready: many start at once on a busy machine. */
const READY_MS = 60_000;

/** A running node of Peili. Disposing of it stops it; its data stays. */
export class Peili implements AsyncDisposable {
  /** Its process. */
  readonly process: LoggedProcess;
  readonly #address: string;

  /** Use {@linkcode startPeili}. */
  constructor(process: LoggedProcess, address: string) {
    this.process = process;
    this.#address = address;
  }

  /** Adds up the samples of a metric, as `metricSum` does. */
  async metric(name: string, labels: Record<string, string> = {}): Promise<number> {
    return metricSum(await httpText(`http://${this.#address}:${PEILI_PORTS.metrics}/metrics`), name, labels);
  }

  /** Returns how many other nodes it knows. */
  async peers(): Promise<number> {
    return await this.metric("peili_peers");
  }

  /** Returns how many bytes it has given to its own containerd, by where they came from. */
  async bytesGiven(): Promise<{ local: number; peer: number }> {
    const [local, peer] = await Promise.all([
      this.metric("peili_bytes_total", { source: "local" }),
      this.metric("peili_bytes_total", { source: "peer" }),
    ]);
    return { local, peer };
  }

  /** Returns how many bytes it has given to other nodes. */
  async bytesUploaded(): Promise<number> {
    return await this.metric("peili_uploaded_bytes_total");
  }

  /** Waits until it says that it is ready. */
  async ready(): Promise<void> {
    await this.process.up(async () => {
      await httpText(`http://${this.#address}:${PEILI_PORTS.registry}/readyz`);
      return true;
    }, { timeoutMs: READY_MS });
  }

  /** Stops it with SIGTERM. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.process.stop();
  }
}

/** Starts `peili registry` on a node and waits until it is ready. */
export async function startPeili(options: StartPeiliOptions): Promise<Peili> {
  const { node, containerd: { socket, contentPath }, dir } = options;
  const dataDir = `${dir}/data`;
  await Deno.mkdir(dataDir, { recursive: true });
  const process = spawnLogged({
    name: `peili ${node.name}`,
    command: registryCommand({ socket, contentPath, dataDir }, registryFlags(options)),
    logPath: `${dir}/peili.log`,
    netns: node.netns,
  });
  const peili = new Peili(process, node.address);
  try {
    await peili.ready();
  } catch (reason) {
    await process.kill();
    throw reason;
  }
  return peili;
}

function registryFlags({ node, containerd, dir, bootstrapAddress, flags = [] }: StartPeiliOptions): string[] {
  const { address } = node;
  return [
    `--local-addr=127.0.0.1:${PEILI_PORTS.local}`,
    `--registry-addr=${address}:${PEILI_PORTS.registry}`,
    `--router-addr=${address}:${PEILI_PORTS.router}`,
    `--metrics-addr=${address}:${PEILI_PORTS.metrics}`,
    `--containerd-sock=${containerd.socket}`,
    `--containerd-content-path=${containerd.contentPath}`,
    `--data-dir=${dir}/data`,
    "--log-level=debug",
    "--bootstrap-kind=http",
    `--http-bootstrap-addr=${address}:${PEILI_PORTS.bootstrap}`,
    ...(bootstrapAddress ? [`--http-bootstrap-url=http://${bootstrapAddress}:${PEILI_PORTS.bootstrap}/id`] : []),
    ...flags,
  ];
}
