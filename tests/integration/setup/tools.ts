/** The containerd generations that the integration tests run on, oldest first. */
export const CONTAINERD_GENERATIONS = ["1.6", "1.7", "2"] as const;

/** A containerd generation. */
export type ContainerdGeneration = (typeof CONTAINERD_GENERATIONS)[number];

/** What a generation is taken from, and how its version has to look. */
export interface ContainerdSource {
  /** Debian suites that carry the generation, tried in this order. */
  suites: readonly string[];
  /** What `containerd --version` has to name. */
  versionRegexp: RegExp;
}

/** Where each generation is taken from. The newest suite moves, so only what matters of the version is asserted. */
export const CONTAINERD_SOURCES: Record<ContainerdGeneration, ContainerdSource> = {
  "1.6": { suites: ["bookworm"], versionRegexp: /^1\.6\.\d+/ },
  "1.7": { suites: ["trixie"], versionRegexp: /^1\.7\.\d+/ },
  "2": { suites: ["forky", "sid"], versionRegexp: /^2\.\d+\.\d+/ },
};

/** Programs of the machine itself that the harness calls, and the package that each is from. */
export const MACHINE_TOOLS: Record<string, string> = {
  ip: "iproute2",
  tc: "iproute2",
  nft: "nftables",
  runc: "runc",
  strace: "strace",
  faketime: "faketime",
  buildah: "buildah",
  "systemd-analyze": "systemd",
};

/** Where the unpacked containerds are kept: `PEILI_TEST_TOOLS`, else a folder in the user's cache. */
export function toolsDir(): string {
  const { PEILI_TEST_TOOLS, XDG_CACHE_HOME, HOME = "/root" } = Deno.env.toObject();
  return PEILI_TEST_TOOLS || `${XDG_CACHE_HOME || `${HOME}/.cache`}/peili-test-tools`;
}

/** Where the programs of a generation are: `containerd`, `ctr` and the shim. */
export function containerdBinDir(generation: ContainerdGeneration): string {
  return `${toolsDir()}/containerd-${generation}/usr/bin`;
}
