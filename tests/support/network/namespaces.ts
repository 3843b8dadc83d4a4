import { runCommand } from "../run_command.ts";
import { until } from "../until.ts";

/** What the names of all namespaces of tests begin with; the process id follows. */
const NAME_REGEXP = /^peili-(\d+)-/;

/** The subnets that are tried: 10.213.0.0/24 to 10.213.255.0/24. */
const SUBNET_PREFIX = "10.213";

/** Returns what the namespaces of this process's network begin with. */
export function namePrefix(index: number): string {
  return `peili-${Deno.pid}-${index}-`;
}

/**
 * Finds a /24 that this machine does not use, as its first three numbers.
 *
 * @throws {Error} If all are in use.
 */
export async function freeSubnet(): Promise<string> {
  const used = await runCommand("ip", ["-4", "-o", "addr"]);
  for (let tries = 0; tries < 256; tries++) {
    const subnet = `${SUBNET_PREFIX}.${(Deno.pid + tries) % 256}`;
    if (!used.includes(` ${subnet}.`)) return subnet;
  }
  throw new Error(`Cannot find a free subnet: all of ${SUBNET_PREFIX}.0.0/16 is in use`);
}

/** Kills what still runs in a namespace and removes it. Does nothing if there is none. */
export async function removeNamespace(name: string): Promise<void> {
  const isThere = () => Deno.stat(`/run/netns/${name}`).then(() => true, () => false);
  if (!await isThere()) return;
  await until(`the end of what runs in ${name}`, async () => {
    const pids = (await runCommand("ip", ["netns", "pids", name])).split("\n").filter((pid) => pid !== "");
    for (const pid of pids) {
      try {
        Deno.kill(Number(pid), "SIGKILL");
      } catch {
        // it has just ended
      }
    }
    return pids.length === 0;
  }, { timeoutMs: 10_000 });
  await runCommand("ip", ["netns", "delete", name]);
}

/** Removes the namespaces of test processes that no longer run. */
export async function removeStaleNamespaces(): Promise<void> {
  const names = (await runCommand("ip", ["netns", "list"])).split("\n").map((line) => line.split(" ")[0] ?? "");
  for (const name of names) {
    const pid = NAME_REGEXP.exec(name)?.[1];
    if (pid === undefined || await isRunning(pid)) continue;
    await removeNamespace(name);
  }
}

/** Asks a shell, as Deno lets nobody look into `/proc` who may not do everything; an error must not look like an end. */
async function isRunning(pid: string): Promise<boolean> {
  return await runCommand("sh", ["-c", `if kill -0 ${pid} 2>/dev/null; then echo yes; else echo no; fi`]) === "yes\n";
}
