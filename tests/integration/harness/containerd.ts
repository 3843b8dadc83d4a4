import { type LoggedProcess, spawnLogged } from "../../support/logged_process.ts";
import { runCommand } from "../../support/run_command.ts";
import { containerdBinDir, type ContainerdGeneration } from "../setup/tools.ts";
import { type ContainerdConfig, type ContainerdPaths, formatContainerdConfig } from "./containerd_config.ts";
import { CriClient } from "./cri_client.ts";

/** What {@linkcode startContainerd} starts. */
export interface StartContainerdOptions {
  /** Which containerd. */
  generation: ContainerdGeneration;
  /** A directory for its files; kept short, as socket paths may have 107 bytes. */
  dir: string;
  /** The network namespace it runs in. @default the caller's */
  netns?: string;
  /** What differs from the defaults. */
  config?: ContainerdConfig;
  /** More environment variables, read at every start. */
  env?: Record<string, string>;
}

/** The namespace of CRI's images inside containerd. */
const CRI_NAMESPACE = "k8s.io";

/** containerd answers within a second or two; a busy machine may need more. */
const READY_MS = 60_000;

/** A real containerd of its own. Disposing of it stops it; its files stay. */
export class Containerd implements AsyncDisposable {
  /** Which containerd it is. */
  readonly generation: ContainerdGeneration;
  /** Where its files are. */
  readonly paths: ContainerdPaths;
  /** The file that holds its log. */
  readonly logPath: string;
  /** Pulls and removes images as a kubelet does. Keeps working over a restart. */
  readonly cri: CriClient;
  #process: LoggedProcess;
  readonly #spawn: () => LoggedProcess;

  /** Use {@linkcode startContainerd}. */
  constructor(options: StartContainerdOptions, paths: ContainerdPaths, spawn: () => LoggedProcess) {
    this.generation = options.generation;
    this.paths = paths;
    this.#spawn = spawn;
    this.#process = spawn();
    this.logPath = this.#process.logPath;
    this.cri = new CriClient(paths.socket);
  }

  /** The path of the gRPC socket. */
  get socket(): string {
    return this.paths.socket;
  }

  /** The content store's directory, with `blobs` and `ingest` in it. */
  get contentPath(): string {
    return `${this.paths.root}/io.containerd.content.v1.content`;
  }

  /** The running process. Another one after a restart. */
  get process(): LoggedProcess {
    return this.#process;
  }

  /** Runs `ctr` in the namespace of the CRI images. */
  async ctr(...args: string[]): Promise<string> {
    const bin = `${containerdBinDir(this.generation)}/ctr`;
    return await runCommand(bin, ["--address", this.socket, "--namespace", CRI_NAMESPACE, ...args]);
  }

  /** Imports an image archive as operators do: without any distribution-source label. */
  async importArchive(path: string): Promise<void> {
    await this.ctr("images", "import", path);
  }

  /** Returns the digests of all blobs that are on its disk. */
  async blobsOnDisk(): Promise<string[]> {
    const dir = `${this.contentPath}/blobs/sha256`;
    const names = await Array.fromAsync(Deno.readDir(dir)).catch(() => []);
    return names.map(({ name }) => `sha256:${name}`).sort();
  }

  /** Stops it, orderly or with SIGKILL. */
  async stop(options: { kill?: boolean } = {}): Promise<void> {
    await (options.kill ? this.#process.kill() : this.#process.stop());
  }

  /** Starts it again after {@linkcode stop}. */
  async start(): Promise<void> {
    this.#process = this.#spawn();
    await this.ready();
  }

  /** Stops and starts it. */
  async restart(options: { kill?: boolean } = {}): Promise<void> {
    await this.stop(options);
    await this.start();
  }

  /**
   * Waits until its CRI answers.
   *
   * @throws {Error} If it ends instead or takes too long; the text has the end of its log.
   */
  async ready(): Promise<void> {
    await this.#process.up(() => this.cri.isReady({ timeoutMs: 2_000 }), { timeoutMs: READY_MS });
  }

  /** Closes the connection and stops it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.cri[Symbol.dispose]();
    await this.#process.stop();
  }
}

/**
 * Starts a containerd that shares nothing with others on the machine, and waits until its CRI answers.
 *
 * Its CRI reads `hosts.toml` files from `paths.certsDir`. No sandbox image is ever pulled.
 *
 * @throws {Error} If it does not come up; the text has the end of its log.
 */
export async function startContainerd(options: StartContainerdOptions): Promise<Containerd> {
  const { generation, dir, netns, config } = options;
  const paths: ContainerdPaths = {
    root: `${dir}/root`,
    state: `${dir}/state`,
    socket: `${dir}/containerd.sock`,
    certsDir: `${dir}/certs.d`,
  };
  await Deno.mkdir(paths.certsDir, { recursive: true });
  const configPath = `${dir}/config.toml`;
  await Deno.writeTextFile(configPath, formatContainerdConfig(generation, paths, config));
  const bin = containerdBinDir(generation);
  const containerd = new Containerd(options, paths, () =>
    spawnLogged({
      name: `containerd ${generation}`,
      command: [`${bin}/containerd`, "--config", configPath],
      logPath: `${dir}/containerd.log`,
      env: { ...options.env, PATH: `${bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin` },
      netns,
    }));
  try {
    await containerd.ready();
  } catch (reason) {
    await containerd[Symbol.asyncDispose]();
    throw reason;
  }
  return containerd;
}
