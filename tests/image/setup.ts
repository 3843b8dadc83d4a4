/**
 * Brings what the tests of the image need onto a Debian machine: `deno run -A tests/image/setup.ts` as root.
 *
 * Programs of Go are built from pinned versions; the rest comes from Debian's suites and from npm, and is unpacked beside
 * the machine's own packages. Does nothing when all is there.
 *
 * @module
 */
import { buildDeployTools } from "../deploy/setup/deploy_tools.ts";
import { fetchContainerd } from "../integration/setup/fetch_containerd.ts";
import { installMachineTools } from "../integration/setup/install.ts";
import { CONTAINERD_GENERATIONS } from "../integration/setup/tools.ts";
import { fetchImageParts } from "./setup/image_parts.ts";

if (import.meta.main) {
  try {
    await installMachineTools();
    for (const generation of CONTAINERD_GENERATIONS) await fetchContainerd(generation);
    await fetchImageParts();
    await buildDeployTools();
  } catch (reason) {
    console.error(reason instanceof Error ? reason.message : reason);
    Deno.exit(1);
  }
}
