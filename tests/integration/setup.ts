/**
 * Installs what the integration tests need on a Debian machine: `deno run -A tests/integration/setup.ts` as root.
 *
 * The containerds of three generations are unpacked beside, from the Debian suites that carry them, reached through
 * the machine's own sources. Prints the versions, fails when one is missing, does nothing when all is there.
 *
 * @module
 */
import { runCommand } from "../support/run_command.ts";
import { fetchContainerd } from "./setup/fetch_containerd.ts";
import { missingMachineTools } from "./setup/missing.ts";
import { CONTAINERD_GENERATIONS, MACHINE_TOOLS, toolsDir } from "./setup/tools.ts";

const APT_OPTIONS = ["-qq", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300"];
const INSTALL_TIMEOUT_MS = 600_000;

async function installMachineTools(): Promise<void> {
  const missing = await missingMachineTools();
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((tool) => MACHINE_TOOLS[tool] ?? tool))];
  console.log(`installing ${packages.join(", ")}`);
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  await runCommand("apt-get", [...APT_OPTIONS, "update"], { env, timeoutMs: INSTALL_TIMEOUT_MS });
  await runCommand("apt-get", [...APT_OPTIONS, "install", ...packages], { env, timeoutMs: INSTALL_TIMEOUT_MS });
  const still = await missingMachineTools();
  if (still.length > 0) throw new Error(`Cannot install ${still.join(", ")}: still not on PATH`);
}

async function main(): Promise<void> {
  if (Deno.uid() !== 0) throw new Error("Cannot install test tools: root is needed");
  await installMachineTools();
  for (const generation of CONTAINERD_GENERATIONS) {
    console.log(`containerd ${generation.padEnd(4)} ${await fetchContainerd(generation)}`);
  }
  console.log(`runc            ${(await runCommand("runc", ["--version"])).split("\n")[0]}`);
  console.log(`tools are in    ${toolsDir()}`);
}

if (import.meta.main) {
  try {
    await main();
  } catch (reason) {
    console.error(reason instanceof Error ? reason.message : reason);
    Deno.exit(1);
  }
}
