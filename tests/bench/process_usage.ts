/** The unit of CPU time in `/proc`: always 100 a second for programs, whatever the kernel counts in. */
const TICKS_PER_SECOND = 100;
/** Where user and system time are in `/proc/<pid>/stat`, counted from the state that follows the name. */
const UTIME_FIELD = 11;
const STIME_FIELD = 12;

const KIB_LINE_REGEXP = /^(\w+):\s+(\d+) kB$/gm;

/** Returns the user and system time that a process has used so far, all of its threads together, in seconds. */
export async function cpuSeconds(pid: number): Promise<number> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" "); // the name may hold anything
  return (Number(fields[UTIME_FIELD]) + Number(fields[STIME_FIELD])) / TICKS_PER_SECOND;
}

/** Returns how much memory of a process is resident, in bytes. */
export function residentBytes(pid: number): Promise<number> {
  return statusBytes(pid, "VmRSS");
}

/** Returns how much memory was resident at most since {@linkcode forgetPeak}, in bytes. */
export function peakResidentBytes(pid: number): Promise<number> {
  return statusBytes(pid, "VmHWM");
}

/** Lets the peak of a process begin at what is resident now. */
export async function forgetPeak(pid: number): Promise<void> {
  await Deno.writeTextFile(`/proc/${pid}/clear_refs`, "5", { create: false }); // 5: proc(5)
}

async function statusBytes(pid: number, name: string): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  for (const [, found, kib] of status.matchAll(KIB_LINE_REGEXP)) if (found === name) return 1024 * Number(kib);
  throw new Error(`Cannot tell the memory of process ${pid}: its status has no ${name}`);
}
