import { runCommand } from "./run_command.ts";

/** What `/proc/mounts` calls the disks of tests; the process id follows. */
const SOURCE_PREFIX = "peili-test-";

/**
 * Mounts an empty file system that lives in memory, of limited size: fast, the same on every machine, and easily full.
 *
 * Needs root. Disposing of it removes it with everything in it; what a killed test process left behind is removed when
 * the next one is mounted.
 */
export async function mountMemoryDisk(path: string, sizeBytes: number): Promise<AsyncDisposable> {
  await unmountStale();
  await Deno.mkdir(path, { recursive: true });
  await runCommand("mount", ["-t", "tmpfs", "-o", `size=${sizeBytes}`, `${SOURCE_PREFIX}${Deno.pid}`, path]);
  return { [Symbol.asyncDispose]: () => unmount(path) };
}

async function unmountStale(): Promise<void> {
  for (const line of (await runCommand("cat", ["/proc/mounts"])).split("\n")) {
    const [source = "", path = ""] = line.split(" ");
    if (!source.startsWith(SOURCE_PREFIX)) continue;
    const pid = source.slice(SOURCE_PREFIX.length);
    if (await runCommand("sh", ["-c", `kill -0 ${pid} 2>/dev/null && echo yes || echo no`]) === "no\n") {
      await unmount(path);
    }
  }
}

/** Lazily: a namespace that is just ending may still look at it. */
async function unmount(path: string): Promise<void> {
  await runCommand("umount", ["--lazy", path]);
}
