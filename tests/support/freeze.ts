import { until } from "./until.ts";

/** The states of a thread in `/proc/<pid>/task/<tid>/stat` that does not run: stopped, or gone. */
const STILL = new Set(["T", "t", "Z", "X"]);

/**
 * Stops a process with SIGSTOP and waits until none of its threads runs any more: on a busy machine one may answer yet
 * when the signal has been sent. May read all of `/proc`.
 */
export async function freeze(pid: number): Promise<void> {
  Deno.kill(pid, "SIGSTOP");
  await until(`process ${pid} to stop`, async () => {
    for await (const { name } of Deno.readDir(`/proc/${pid}/task`)) {
      const stat = await Deno.readTextFile(`/proc/${pid}/task/${name}/stat`).catch(() => ""); // a thread that ended
      const state = stat.slice(stat.lastIndexOf(")") + 2).charAt(0);
      if (state !== "" && !STILL.has(state)) return false;
    }
    return true;
  });
}
