import { type LoggedProcess, spawnLogged } from "../../support/logged_process.ts";
import { until } from "../../support/until.ts";
import { touchedInStrace } from "../../permissions/strace_log.ts";

const STRACE: [string, ...string[]] = ["strace", "-f", "-y", "-q", "-s", "4096", "-e", "trace=%file,%network,%process"];

/** Calls that start a thread or a process, with the number that they return. */
const CHILD_REGEXP = /^(\d+) +(?:<\.\.\. )?(?:clone3?|v?fork)\b.*= (\d+)$/;

/** Traces what a shim of containerd starts: everything that runs in one pod. */
export class TracedPod implements AsyncDisposable {
  readonly #strace: LoggedProcess;
  readonly #logPath: string;

  private constructor(strace: LoggedProcess, logPath: string) {
    this.#strace = strace;
    this.#logPath = logPath;
  }

  /** Attaches to the shim of a sandbox, before containers are started in it. */
  static async attach(sandboxId: string, dir: string): Promise<TracedPod> {
    const pid = await shimOf(sandboxId);
    const logPath = `${dir}/pod.strace`;
    const strace = spawnLogged({
      name: "strace",
      command: [...STRACE, "-o", logPath, "-p", `${pid}`],
      logPath: `${dir}/strace.log`,
    });
    await until("strace to be attached", async () => (await tracerOf(pid)) !== "0");
    return new TracedPod(strace, logPath);
  }

  /**
   * Returns what a process touched and what it started, as `touchedInStrace` does.
   *
   * @param program What the process became.
   * @param argument One of its arguments.
   */
  async touched(program: string, argument: string): Promise<string[]> {
    await this.#strace.stop();
    const lines = (await Deno.readTextFile(this.#logPath)).split("\n");
    return touchedInStrace(linesFrom(lines, `execve("${program}"`, `"${argument}"`).join("\n"), "/");
  }

  /** Lets go of the pod. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#strace.stop();
  }
}

/** Returns the lines of processes from where they become a program on, and of what they start. */
function linesFrom(lines: readonly string[], ...parts: readonly string[]): string[] {
  const followed = new Set<string>();
  return lines.filter((line) => {
    const pid = line.split(" ", 1)[0] ?? "";
    if (parts.every((part) => line.includes(part))) followed.add(pid);
    if (!followed.has(pid)) return false;
    const child = CHILD_REGEXP.exec(line)?.[2];
    if (child !== undefined) followed.add(child);
    return true;
  });
}

async function shimOf(sandboxId: string): Promise<number> {
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const command = (await Deno.readTextFile(`/proc/${name}/cmdline`).catch(() => "")).split("\0");
    if (command[0]?.endsWith("containerd-shim-runc-v2") && command.includes(sandboxId)) return Number(name);
  }
  throw new Error(`Cannot find the shim of ${sandboxId}`);
}

async function tracerOf(pid: number): Promise<string | undefined> {
  return /^TracerPid:\s*(\d+)$/m.exec(await Deno.readTextFile(`/proc/${pid}/status`))?.[1];
}
