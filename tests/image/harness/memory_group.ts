/** The memory of a container, as its cgroup accounts for it. */
export interface MemoryUse {
  /** The limit in bytes. */
  limit: number;
  /** What processes hold, without files that the kernel only keeps cached, in bytes. */
  held: number;
  /** How many processes were killed for want of memory. */
  killed: number;
}

/** Reads the memory of the cgroup that a process is in, of version 1 or 2. */
export async function memoryUse(pid: number): Promise<MemoryUse> {
  const groups = await Deno.readTextFile(`/proc/${pid}/cgroup`);
  const [, v1] = /^\d+:[^:]*\bmemory\b[^:]*:(.*)$/m.exec(groups) ?? [];
  if (v1 !== undefined) {
    const dir = `/sys/fs/cgroup/memory${v1}`;
    return {
      limit: Number(await Deno.readTextFile(`${dir}/memory.limit_in_bytes`)),
      held: await numberIn(`${dir}/memory.stat`, "total_rss"),
      killed: await numberIn(`${dir}/memory.oom_control`, "oom_kill"),
    };
  }
  const [, v2 = ""] = /^0::(.*)$/m.exec(groups) ?? [];
  const dir = `/sys/fs/cgroup${v2}`;
  return {
    limit: Number(await Deno.readTextFile(`${dir}/memory.max`)),
    held: await numberIn(`${dir}/memory.stat`, "anon"),
    killed: await numberIn(`${dir}/memory.events`, "oom_kill"),
  };
}

async function numberIn(path: string, name: string): Promise<number> {
  const text = await Deno.readTextFile(path);
  const number = new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1];
  if (number === undefined) throw new Error(`Cannot find "${name}" in ${path}`);
  return Number(number);
}
