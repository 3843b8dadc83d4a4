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
import { installMachineTools } from "./setup/install.ts";
import { CONTAINERD_GENERATIONS, toolsDir } from "./setup/tools.ts";

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
