import { httpText } from "../http_text.ts";
import { type LoggedProcess, spawnLogged } from "../logged_process.ts";
import type { UpstreamFault } from "./upstream_fault.ts";
import type { UpstreamStats } from "./upstream_stats.ts";

/** What {@linkcode startUpstream} starts. */
export interface StartUpstreamOptions {
  /** The OCI image layout directory that it serves. */
  layoutDir: string;
  /** The file for its log. */
  logPath: string;
  /** The address to listen on. @default {"127.0.0.1"} */
  host?: string;
  /** The port; 0 lets the system choose. @default {0} */
  port?: number;
  /** The network namespace it runs in. @default the caller's */
  netns?: string;
}

/** What its program prints before the address. */
const LISTENING = "listening on ";

const MAIN = new URL("./main.ts", import.meta.url).pathname;

/** A real registry in a process of its own, which counts and can be told to misbehave. */
export class Upstream implements AsyncDisposable {
  /** Its `host:port`, which is also the registry part of the references that it serves. */
  readonly address: string;
  #process: LoggedProcess;
  readonly #options: StartUpstreamOptions;

  /** Use {@linkcode startUpstream}. */
  constructor(process: LoggedProcess, address: string, options: StartUpstreamOptions) {
    this.#process = process;
    this.address = address;
    this.#options = options;
  }

  /** Its base URL. */
  get url(): string {
    return `http://${this.address}`;
  }

  /** The running process. Another one after {@linkcode start}. */
  get process(): LoggedProcess {
    return this.#process;
  }

  /** Returns what it has given away since the last {@linkcode reset}. */
  async stats(): Promise<UpstreamStats> {
    return JSON.parse(await httpText(`${this.url}/_stats`));
  }

  /** Sets the counters to zero. */
  async reset(): Promise<void> {
    await httpText(`${this.url}/_reset`, { body: "" });
  }

  /** Replaces what it does wrong; an empty list makes it a good registry again. */
  async setFaults(faults: UpstreamFault[]): Promise<void> {
    await httpText(`${this.url}/_faults`, { body: JSON.stringify(faults) });
  }

  /** Kills it: connections are refused from then on. */
  async stop(): Promise<void> {
    await this.#process.kill();
  }

  /** Starts it again at the same address, with counters at zero. */
  async start(): Promise<void> {
    const port = Number(this.address.slice(this.address.lastIndexOf(":") + 1));
    this.#process = spawn({ ...this.#options, port });
    await listening(this.#process);
  }

  /** Stops it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.stop();
  }
}

/** Starts a registry over an OCI image layout directory and waits until it listens. */
export async function startUpstream(options: StartUpstreamOptions): Promise<Upstream> {
  const process = spawn(options);
  try {
    return new Upstream(process, await listening(process), options);
  } catch (reason) {
    await process.stop();
    throw reason;
  }
}

function spawn({ layoutDir, logPath, host = "127.0.0.1", port = 0, netns }: StartUpstreamOptions): LoggedProcess {
  Deno.writeTextFileSync(logPath, ""); // the line of an earlier start must not be taken for this one's
  return spawnLogged({
    name: "upstream",
    command: [
      Deno.execPath(),
      "run",
      "--quiet",
      "--allow-net",
      `--allow-read=${layoutDir}`,
      MAIN,
      layoutDir,
      host,
      `${port}`,
    ],
    logPath,
    netns,
  });
}

async function listening(process: LoggedProcess): Promise<string> {
  return await process.up(async () => (await process.logLines(LISTENING))[0]?.slice(LISTENING.length));
}
