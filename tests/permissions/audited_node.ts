import { type LoggedProcess, spawnLogged } from "../support/logged_process.ts";
import { until } from "../support/until.ts";
import { inContainerView, type Mount } from "./container_view.ts";
import { readEntrypoint } from "./containerfile.ts";
import { touchedInStrace } from "./strace_log.ts";

/** What {@linkcode AuditedNode.start} starts. */
export interface AuditedNodeOptions {
  /** A directory for its data and for what is found out about it. */
  work: string;
  /** The program: one file. */
  bundle: string;
  /** The network namespace that it runs in. */
  netns: string;
  /** What it sees of the machine beside its data directory. */
  mounts?: readonly Mount[];
  /** The arguments after `registry`. */
  flags: readonly string[];
}

/** The environment of the image, with names that point to nothing. */
const ENVIRONMENT = ["PATH=/usr/bin:/bin", "HOME=/", "DENO_DIR=/run/deno", "DENO_NO_UPDATE_CHECK=1"];

const STRACE = ["strace", "-D", "-f", "-y", "-q", "-s", "4096", "-e", "trace=%file,%network,execve"];

/** How long a node that is traced may take to end, in milliseconds. */
const STOP_MS = 20_000;

/**
 * A node as the image runs it: the same command and permissions, on a root that cannot be written to. Everything that
 * it touches is written down, by Deno's own audit and by strace.
 */
export class AuditedNode implements AsyncDisposable {
  /** Its process. */
  readonly process: LoggedProcess;
  readonly #work: string;

  private constructor(process: LoggedProcess, work: string) {
    this.process = process;
    this.#work = work;
  }

  /** Starts it. Its data directory is `/var/lib/peili`, in it there is what `data` in the directory `work` holds. */
  static async start(options: AuditedNodeOptions): Promise<AuditedNode> {
    const { work, bundle, netns, mounts = [], flags } = options;
    await Deno.mkdir(`${work}/data`, { recursive: true });
    const [, ...denoArgs] = (await readEntrypoint()).map((part) => part === "/peili.js" ? bundle : part);
    const environment = [...ENVIRONMENT, `DENO_AUDIT_PERMISSIONS=${auditPath(work)}`];
    const program = [Deno.execPath(), ...denoArgs, "registry", ...flags];
    const traced = ["env", "-i", ...environment, ...STRACE, "-o", stracePath(work), ...program];
    const data = { source: `${work}/data`, target: "/var/lib/peili", writable: true };
    const process = spawnLogged({
      name: "the audited node",
      command: inContainerView(traced, { work, mounts: [data, ...mounts] }),
      logPath: `${work}/node.log`,
      netns,
    });
    return new AuditedNode(process, work);
  }

  /** Runs a part of the test; a failure of it is followed by the end of the node's log. */
  async during(run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (reason) {
      console.error(await this.process.logTail());
      throw reason;
    }
  }

  /**
   * Stops it with SIGTERM.
   *
   * @returns Its exit code.
   */
  async stop(): Promise<number> {
    this.process.signal("SIGTERM");
    const { code } = await this.process.ended({ timeoutMs: STOP_MS });
    return code;
  }

  /** Returns what it asked permissions for, each once: `net 127.0.0.1:5000`, `read /a/path`, `env NAME`. */
  async permissions(): Promise<string[]> {
    const lines = (await Deno.readTextFile(auditPath(this.#work))).trimEnd().split("\n");
    const asked = lines.map((line): { permission: string; value: string | null } => JSON.parse(line));
    return [...new Set(asked.map(({ permission, value }) => `${permission} ${value ?? "(all)"}`))].sort();
  }

  /** Returns what the process touched, as {@linkcode touchedInStrace} does. */
  async touched(): Promise<string[]> {
    const log = await until("the end of strace's log", async () => {
      const text = await Deno.readTextFile(stracePath(this.#work));
      return new RegExp(`^${this.process.pid} +\\+{3} exited`, "m").test(text) && text;
    });
    return touchedInStrace(log, "/");
  }

  /** Stops it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.process.stop();
  }
}

function auditPath(work: string): string {
  return `${work}/audit.jsonl`;
}

function stracePath(work: string): string {
  return `${work}/strace.txt`;
}
