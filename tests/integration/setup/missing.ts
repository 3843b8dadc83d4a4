import { containerdVersion } from "./containerd_version.ts";
import { CONTAINERD_GENERATIONS, MACHINE_TOOLS } from "./tools.ts";

/** Where system programs are, on machines that leave them out of a user's PATH too. */
const SYSTEM_PATH = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/** Returns the machine's own programs that are needed and not there. */
export async function missingMachineTools(): Promise<string[]> {
  const missing: string[] = [];
  for (const tool of Object.keys(MACHINE_TOOLS)) {
    const found = await Promise.all(
      SYSTEM_PATH.map((dir) => Deno.stat(`${dir}/${tool}`).then(() => true, () => false)),
    );
    if (!found.includes(true)) missing.push(tool);
  }
  return missing;
}

/**
 * Tells in one line why the integration tests cannot run here.
 *
 * @returns `undefined` when they can.
 */
export async function missingForIntegration(): Promise<string | undefined> {
  if (Deno.build.os !== "linux") return "the integration tests need Linux";
  if (Deno.uid() !== 0) return "the integration tests need root (network namespaces, containerd)";
  const missing = await missingMachineTools();
  for (const generation of CONTAINERD_GENERATIONS) {
    const present = await containerdVersion(generation).then(() => true, () => false);
    if (!present) missing.push(`containerd ${generation}`);
  }
  if (missing.length === 0) return undefined;
  return `the integration tests need ${missing.join(", ")}: run "deno run -A tests/integration/setup.ts" first`;
}
