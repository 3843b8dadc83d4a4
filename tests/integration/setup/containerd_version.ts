import { runCommand } from "../../support/run_command.ts";
import { CONTAINERD_SOURCES, containerdBinDir, type ContainerdGeneration } from "./tools.ts";

/**
 * Asks the unpacked containerd of a generation for its version.
 *
 * @returns Such as `1.6.20~ds1`, without a leading `v`.
 * @throws {Error} If it is missing, does not run here, or is of another generation.
 */
export async function containerdVersion(generation: ContainerdGeneration): Promise<string> {
  // containerd github.com/containerd/containerd/v2 v2.1.9+unknown <revision>
  const line = await runCommand(`${containerdBinDir(generation)}/containerd`, ["--version"]);
  const version = line.trim().split(/\s+/)[2]?.replace(/^v/, "") ?? "";
  if (!CONTAINERD_SOURCES[generation].versionRegexp.test(version)) {
    throw new Error(`Cannot use containerd as ${generation}: it says "${line.trim()}"`);
  }
  return version;
}
