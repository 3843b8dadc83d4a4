import { abortable } from "../../src/core/deadline.ts";
import type { CallOptions } from "../../src/core/call_options.ts";
import { SECOND_MS } from "../../src/core/units.ts";
import { type LoggedProcess, spawnLogged } from "../../tests/support/logged_process.ts";
import { until } from "../../tests/support/until.ts";
import { logEnd, readLog } from "../node_log.ts";

/** What a {@linkcode PeiliProcess} is started with. */
export interface PeiliProcessOptions extends CallOptions {
  /** How it is called in messages. */
  name: string;
  /** An empty or filled directory for its log and its identity. */
  dir: string;
  /** The OCI image layout that it serves. */
  layoutDir: string;
  /** Where it tells its address at `/id`: a port on loopback. */
  bootstrapPort: number;
  /** The same of another node, which it is introduced to the others by. */
  otherBootstrapPort: number;
}

/** Where a node listens, as `host:port`. */
export interface PeiliAddresses {
  /** Where its own client asks. */
  local: string;
  /** Where other nodes ask. */
  registry: string;
  /** Where its metrics are. */
  metrics: string;
}

const PROGRAM = new URL("../../src/cli/main.ts", import.meta.url).pathname;

/** How long a node may take to start, in milliseconds: the first one of all may have to download its modules. */
const START_MS = 45 * SECOND_MS;

/** How long a lookup may take: more than by default, as three nodes and their clients share this machine. */
const RESOLVE_TIMEOUT = "250ms";

/** A running `peili registry` on loopback. Disposing of it stops it. */
export class PeiliProcess implements AsyncDisposable {
  /** Where it listens. */
  readonly addresses: PeiliAddresses;
  readonly #process: LoggedProcess;

  private constructor(process: LoggedProcess, addresses: PeiliAddresses) {
    this.#process = process;
    this.addresses = addresses;
  }

  /**
   * Starts a node and waits until it serves.
   *
   * @throws {Error} If it ends instead; the text has the end of its log.
   */
  static async start(options: PeiliProcessOptions): Promise<PeiliProcess> {
    const { name, dir, signal = new AbortController().signal } = options;
    const logPath = peiliLogPath(dir);
    await Deno.mkdir(`${dir}/data`, { recursive: true });
    await Deno.writeTextFile(logPath, "", { append: true });
    const logStart = await logEnd(logPath);
    const process = spawnLogged({ name, command: [Deno.execPath(), "run", ...flags(options)], logPath });
    try {
      const serving = until(`${name} to serve`, () => addressesIn(process, logStart), { timeoutMs: START_MS });
      return new PeiliProcess(process, await abortable(serving, signal));
    } catch (reason) {
      await process.kill();
      throw reason;
    }
  }

  /** Whether it runs. */
  get running(): boolean {
    return this.#process.end === undefined;
  }

  /** Its process id. */
  get pid(): number {
    return this.#process.pid;
  }

  /** Kills it with SIGKILL. */
  async kill(): Promise<void> {
    await this.#process.kill();
  }

  /** Stops it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.stop();
  }
}

/** Returns where a node with this directory writes its log. */
export function peiliLogPath(dir: string): string {
  return `${dir}/peili.log`;
}

/** What follows `deno run`. The ports are the system's choice; the log tells them. */
function flags({ dir, layoutDir, bootstrapPort, otherBootstrapPort }: PeiliProcessOptions): string[] {
  return [
    "--quiet",
    "--allow-net=127.0.0.1",
    `--allow-read=${layoutDir},${dir}/data`,
    `--allow-write=${dir}/data`,
    "--allow-sys=networkInterfaces",
    "--ignore-env",
    PROGRAM,
    "registry",
    "--log-level=debug",
    "--store=oci-layout",
    `--oci-layout-path=${layoutDir}`,
    `--data-dir=${dir}/data`,
    "--local-addr=127.0.0.1:0",
    "--registry-addr=127.0.0.1:0",
    "--router-addr=127.0.0.1:0",
    "--metrics-addr=127.0.0.1:0",
    "--bootstrap-kind=http",
    `--http-bootstrap-addr=127.0.0.1:${bootstrapPort}`,
    `--http-bootstrap-url=http://127.0.0.1:${otherBootstrapPort}/id`,
    `--mirror-resolve-timeout=${RESOLVE_TIMEOUT}`,
    "--shutdown-grace=1s",
  ];
}

async function addressesIn(process: LoggedProcess, logStart: number): Promise<PeiliAddresses | undefined> {
  for (const { local, registry, metrics } of await readLog(process.logPath, logStart)) {
    if (typeof local !== "string" || typeof registry !== "string" || typeof metrics !== "string") continue;
    return { local, registry, metrics };
  }
  if (!process.end) return undefined;
  throw new Error(`Cannot start ${process.name}: it ended\n${await process.logTail(3)}`);
}
