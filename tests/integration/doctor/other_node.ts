import { clockEnvironment } from "../../support/clock_environment.ts";
import { httpText } from "../../support/http_text.ts";
import { type LoggedProcess, spawnLogged } from "../../support/logged_process.ts";
import type { NetworkNode } from "../../support/network/network_node.ts";
import { registryCommand } from "../harness/peili_command.ts";
import { PEILI_PORTS } from "../harness/peili.ts";

/** What an {@linkcode OtherNode} is started with. */
export interface OtherNodeOptions {
  /** Its place in the network. */
  network: NetworkNode;
  /** A directory with its OCI layout. */
  dir: string;
  /** The address of the node that it finds others through. */
  bootstrap: string;
}

/** What is different when an {@linkcode OtherNode} is started again. */
export interface OtherNodeChange {
  /** More flags. */
  flags?: string[];
  /** How much its clock is ahead, as faketime writes it. */
  clockAhead?: string;
}

/** How long it may take until it is ready, in milliseconds: the machine may be busy. */
const READY_MS = 60_000;

/** A node without containerd, for the examined one to talk with. Disposing of it stops it. */
export class OtherNode implements AsyncDisposable {
  /** Its place in the network. */
  readonly network: NetworkNode;
  readonly #options: OtherNodeOptions;
  #process: LoggedProcess;

  private constructor(options: OtherNodeOptions, process: LoggedProcess) {
    this.network = options.network;
    this.#options = options;
    this.#process = process;
  }

  /** Starts it and waits until it is ready. */
  static async start(options: OtherNodeOptions): Promise<OtherNode> {
    await Deno.mkdir(`${options.dir}/data`, { recursive: true });
    return new OtherNode(options, await spawn(options, {}));
  }

  /** Stops it. */
  async stop(): Promise<void> {
    await this.#process.stop();
  }

  /** Starts it again, with more flags, or with a clock that is ahead. */
  async restart(change: OtherNodeChange = {}): Promise<void> {
    await this.stop();
    this.#process = await spawn(this.#options, change);
  }

  /** Stops it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

async function spawn(
  { network: { netns, address, name }, dir, bootstrap }: OtherNodeOptions,
  { flags = [], clockAhead }: OtherNodeChange,
): Promise<LoggedProcess> {
  const places = { socket: `${dir}/none`, contentPath: dir, dataDir: `${dir}/data` };
  const command = registryCommand(places, [
    "--store=oci-layout",
    `--oci-layout-path=${dir}/layout`,
    `--data-dir=${dir}/data`,
    `--registry-addr=${address}:${PEILI_PORTS.registry}`,
    `--router-addr=${address}:${PEILI_PORTS.router}`,
    `--metrics-addr=${address}:${PEILI_PORTS.metrics}`,
    "--bootstrap-kind=http",
    `--http-bootstrap-addr=${address}:${PEILI_PORTS.bootstrap}`,
    `--http-bootstrap-url=http://${bootstrap}:${PEILI_PORTS.bootstrap}/id`,
    "--log-level=debug",
    ...flags,
  ]);
  const env = clockAhead === undefined ? {} : await clockEnvironment(clockAhead);
  if (!env) throw new Error("Cannot move a clock: there is no libfaketime");
  const process = spawnLogged({
    name: `peili ${name}`,
    command,
    env,
    logPath: `${dir}/peili.log`,
    netns,
  });
  const isUp = async () => {
    await httpText(`http://${address}:${PEILI_PORTS.registry}/readyz`);
    return true;
  };
  await process.up(isUp, { timeoutMs: READY_MS });
  return process;
}
