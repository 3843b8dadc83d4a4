import { readJsonLines } from "../json_lines.ts";
import { runCommand } from "../run_command.ts";
import type { CallArgs, CallName, CallResult, HostAnswer } from "./host_calls.ts";

/** How a {@linkcode RouterHost} is started. */
export interface RouterHostOptions {
  /** A short name for messages. */
  name: string;
  /** The network namespace that it runs in; root only. @default the namespace of the caller */
  netns?: string;
  /** The directory that holds what its nodes keep, if they keep anything. */
  dataDir?: string;
  /** The program, if not the source: see `bundleHost()`. */
  program?: string;
  /** How much V8 lets young objects take, in MiB. @default V8's own choice */
  semiSpaceMib?: number;
}

/** How long a call may take, in milliseconds: a host that holds many nodes may be busy. */
const CALL_TIMEOUT_MS = 60_000;

const MAIN = new URL("host_main.ts", import.meta.url).pathname;
const ROOT = new URL("../../../", import.meta.url).pathname;

/** A process that holds many nodes. Disposing of it kills it: its nodes say no goodbye. */
export class RouterHost implements AsyncDisposable {
  /** A short name for messages. */
  readonly name: string;
  /** Its process id. */
  readonly pid: number;
  readonly #child: Deno.ChildProcess;
  readonly #requests: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #reading: Promise<void>;
  #calls = 0;
  #ended = false;

  private constructor(options: RouterHostOptions) {
    this.name = options.name;
    this.#child = spawn(options);
    this.pid = this.#child.pid;
    this.#requests = this.#child.stdin.getWriter();
    this.#reading = this.#read();
  }

  /**
   * Starts a process without nodes.
   *
   * @throws {Error} If it ends, or is not there in time.
   */
  static async start(options: RouterHostOptions): Promise<RouterHost> {
    const host = new RouterHost(options);
    try {
      await host.#answer(0, CALL_TIMEOUT_MS);
      return host;
    } catch (reason) {
      await host[Symbol.asyncDispose]();
      throw reason;
    }
  }

  /** Whether the process has ended. */
  get ended(): boolean {
    return this.#ended;
  }

  /**
   * Has the process do something.
   *
   * @throws {Error} If it fails there, the process has ended, or there is no answer in time.
   */
  async call<N extends CallName>(
    name: N,
    args: CallArgs<N>,
    options: { timeoutMs?: number } = {},
  ): Promise<CallResult<N>> {
    const { timeoutMs = CALL_TIMEOUT_MS } = options;
    if (this.#ended) throw this.#gone();
    const id = ++this.#calls;
    const answer = this.#answer(id, timeoutMs);
    const line = new TextEncoder().encode(`${JSON.stringify({ id, name, args })}\n`);
    this.#requests.write(line).catch(() => {}); // it ended: the answer fails
    return await answer as CallResult<N>;
  }

  /** Kills the process with SIGKILL and waits for its end. */
  async kill(): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch (reason) {
      if (!(reason instanceof TypeError || reason instanceof Deno.errors.NotFound)) throw reason; // it has ended
    }
    await this.#reading;
  }

  async #answer(id: number, timeoutMs: number): Promise<unknown> {
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    const timer = setTimeout(() => {
      waiting.reject(new Error(`Cannot wait for the host "${this.name}": it took more than ${timeoutMs} ms`));
    }, timeoutMs);
    try {
      return await waiting.promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(id);
    }
  }

  async #read(): Promise<void> {
    try {
      for await (const line of readJsonLines(this.#child.stdout)) {
        const { id, result, error } = line as HostAnswer;
        if (error === undefined) this.#waiting.get(id)?.resolve(result);
        else this.#waiting.get(id)?.reject(new Error(`${error} (in the host "${this.name}")`));
      }
    } catch {
      // a line that was cut off by the end of the process
    }
    this.#ended = true;
    await this.#requests.close().catch(() => {});
    await this.#child.status;
    for (const waiting of this.#waiting.values()) waiting.reject(this.#gone());
  }

  #gone(): Error {
    return new Error(`Cannot use the host "${this.name}": its process has ended`);
  }

  /** Kills the process. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

/**
 * Makes the program of a host in one file, as Peili is delivered, and has Deno analyse it. A process that runs the source
 * or has to do the analysis itself takes 25 to 40 MiB more.
 *
 * @returns The program's path.
 */
export async function bundleHost(dir: string): Promise<string> {
  const program = `${dir}/router_host.js`;
  await runCommand(Deno.execPath(), ["bundle", "--quiet", "--minify", "--platform=deno", `--output=${program}`, MAIN], {
    cwd: ROOT,
  });
  await using _host = await RouterHost.start({ name: "warm-up", program });
  return program;
}

function spawn(options: RouterHostOptions): Deno.ChildProcess {
  const { netns, dataDir, program = MAIN, semiSpaceMib } = options;
  const run = [
    ...["run", "--quiet", "--no-lock", "--no-prompt", "--ignore-env"],
    `--v8-flags=--expose-gc${semiSpaceMib === undefined ? "" : `,--max-semi-space-size=${semiSpaceMib}`}`,
    ...["--allow-net", "--allow-sys=networkInterfaces"],
    ...(dataDir === undefined ? [] : [`--allow-read=${dataDir}`, `--allow-write=${dataDir}`]),
    program,
  ];
  const [command, args] = netns === undefined
    ? [Deno.execPath(), run]
    : ["ip", ["netns", "exec", netns, Deno.execPath(), ...run]];
  return new Deno.Command(command, { args, stdin: "piped", stdout: "piped", stderr: "inherit" }).spawn();
}
