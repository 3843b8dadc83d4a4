import { containerdVersion } from "./containerd_version.ts";
import { CONTAINERD_SOURCES, type ContainerdGeneration, toolsDir } from "./tools.ts";
import { unpackFromSuite } from "./unpack_from_suite.ts";

/**
 * Unpacks a generation's containerd beside the machine's own packages, unless it is there already.
 *
 * @returns Its version.
 * @throws {Error} If no suite has it.
 */
export async function fetchContainerd(generation: ContainerdGeneration): Promise<string> {
  const present = await containerdVersion(generation).catch(() => undefined);
  if (present !== undefined) return present;
  const reasons: unknown[] = [];
  for (const suite of CONTAINERD_SOURCES[generation].suites) {
    try {
      await unpackFromSuite({ suite, packages: ["containerd"], target: `${toolsDir()}/containerd-${generation}` });
      return await containerdVersion(generation);
    } catch (reason) {
      reasons.push(reason);
    }
  }
  throw new AggregateError(reasons, `Cannot fetch containerd ${generation}: no suite has it\n${reasons.join("\n")}`);
}
