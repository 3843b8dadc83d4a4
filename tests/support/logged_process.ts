import { errorMessage } from "../../src/core/errors.ts";
import { until, type UntilOptions } from "./until.ts";

/** What {@linkcode spawnLogged} starts. */
export interface SpawnOptions {
  /** A short name for messages. */
  name: string;
  /** The program and its arguments. */
  command: [string, ...string[]];
  /** The file that both outputs are appended to. */
  logPath: string;
  /** More environment variables. */
  env?: Record<string, string>;
  /** The network namespace to run in; root only. @default the namespace of the caller */
  netns?: string;
}

/** How a process ended. */
export interface ProcessEnd {
  /** The exit code; 128 and more for a signal. */
  code: number;
  /** The signal that ended it. */
  signal: Deno.Signal | null;
}

/** How long a process may take to stop before it is killed, in milliseconds. */
const STOP_MS = 10_000;

/**
 * Appends both outputs to a file, then becomes the program. A loop beside it kills the program when whoever started it
 * is gone, so that a test run that is killed leaves nothing behind.
 */
const WRAPPER = `
exec >>"$1" 2>&1 </dev/null; shift
parent=$PPID self=$$
(while kill -0 $parent && kill -0 $self; do sleep 1; done; kill -KILL $self) 2>/dev/null >/dev/null &
exec "$@"`;

/** A running program whose output goes to a file. Disposing of it stops it. */
export class LoggedProcess implements AsyncDisposable {
  /** A short name for messages. */
  readonly name: string;
  /** The file that holds its output. */
  readonly logPath: string;
  /** Its process id. */
  readonly pid: number;
  readonly #child: Deno.ChildProcess;
  #end: ProcessEnd | undefined;

  /** @param child The process, already started. */
  constructor(child: Deno.ChildProcess, options: SpawnOptions) {
    this.#child = child;
    this.pid = child.pid;
    this.name = options.name;
    this.logPath = options.logPath;
    child.status.then(({ code, signal }) => this.#end = { code, signal });
  }

  /** How it ended, or `undefined` while it runs. */
  get end(): ProcessEnd | undefined {
    return this.#end;
  }

  /** Sends a signal, if it still runs. */
  signal(signal: Deno.Signal): void {
    if (this.#end) return;
    try {
      this.#child.kill(signal);
    } catch (reason) {
      if (!(reason instanceof TypeError || reason instanceof Deno.errors.NotFound)) throw reason; // it just ended
    }
  }

  /**
   * Waits until it does its work.
   *
   * @param probe Tried until it gives something other than `false` or `undefined`, as by `until`.
   * @throws {Error} If it ends first, or takes too long; the text has the last lines of its output.
   */
  async up<T>(probe: () => Promise<T | false | undefined>, options: UntilOptions = {}): Promise<T> {
    try {
      const result = await until(`${this.name} to be up`, async () => {
        if (this.#end) return { ended: true } as const;
        const value = await probe();
        return value !== undefined && value !== false && { value };
      }, options);
      if ("ended" in result) throw new Error(`Cannot start ${this.name}: it ended`);
      return result.value;
    } catch (reason) {
      throw new Error(`${errorMessage(reason)}\n${await this.logTail()}`, { cause: reason });
    }
  }

  /**
   * Waits for its end.
   *
   * @throws {Error} If it does not end in time.
   */
  async ended(options: { timeoutMs?: number } = {}): Promise<ProcessEnd> {
    const { timeoutMs = STOP_MS } = options;
    return await until(`the end of ${this.name}`, () => this.#end, { timeoutMs, intervalMs: 10 });
  }

  /** Kills it with SIGKILL and waits for its end. */
  async kill(): Promise<ProcessEnd> {
    this.signal("SIGKILL");
    return await this.ended();
  }

  /** Asks it to stop with SIGTERM and waits for its end; kills it if it does not. */
  async stop(): Promise<ProcessEnd> {
    this.signal("SIGTERM");
    try {
      return await this.ended();
    } catch {
      return await this.kill();
    }
  }

  /** Returns the last lines of its output. */
  async logTail(lines = 30): Promise<string> {
    const text = await Deno.readTextFile(this.logPath).catch(() => "");
    return text.trimEnd().split("\n").slice(-lines).join("\n");
  }

  /** Returns the lines of its output that contain `text`. */
  async logLines(text: string): Promise<string[]> {
    const log = await Deno.readTextFile(this.logPath);
    return log.split("\n").filter((line) => line.includes(text));
  }

  /** Stops it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** Starts a program whose output goes to a file, and which does not outlive the caller. */
export function spawnLogged(options: SpawnOptions): LoggedProcess {
  const { command, logPath, env, netns } = options;
  const inside = netns === undefined ? command : ["ip", "netns", "exec", netns, ...command];
  const child = new Deno.Command("sh", {
    args: ["-c", WRAPPER, "sh", logPath, ...inside],
    env,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  return new LoggedProcess(child, options);
}
