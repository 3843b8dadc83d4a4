/**
 * Brings what the tests of `deploy/` need onto a Debian machine: `deno run -A tests/deploy/setup.ts` as root.
 *
 * Programs of Go are built from pinned versions, and Prometheus is unpacked beside the machine's own packages. Does
 * nothing when all is there.
 *
 * @module
 */
import { installMachineTools } from "../integration/setup/install.ts";
import { buildDeployTools } from "./setup/deploy_tools.ts";
import { fetchPrometheus } from "./setup/prometheus_tools.ts";

if (import.meta.main) {
  try {
    await installMachineTools();
    await fetchPrometheus();
    await buildDeployTools();
  } catch (reason) {
    console.error(reason instanceof Error ? reason.message : reason);
    Deno.exit(1);
  }
}
