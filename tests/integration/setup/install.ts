import { runCommand } from "../../support/run_command.ts";
import { missingMachineTools } from "./missing.ts";
import { MACHINE_TOOLS } from "./tools.ts";

const APT_OPTIONS = ["-qq", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300"];
const INSTALL_TIMEOUT_MS = 600_000;

/**
 * Installs the programs of the machine itself that are missing.
 *
 * @throws {Error} If one is still missing then.
 */
export async function installMachineTools(): Promise<void> {
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
