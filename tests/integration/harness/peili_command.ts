import project from "../../../deno.json" with { type: "json" };
import { permissionFlags } from "../../permissions/permission_flags.ts";

/** The program: the sources, or a bundle that `PEILI_TEST_BUNDLE` names. */
const SOURCES = new URL("../../../src/cli/main.ts", import.meta.url).pathname;

/** Where one registry process reads and writes. */
export interface RegistryPlaces {
  /** containerd's socket. */
  socket: string;
  /** containerd's content directory. */
  contentPath: string;
  /** The node's data directory. */
  dataDir: string;
}

/** Returns how `peili registry` is run: with the permissions of the project, for places of its own. */
export function registryCommand(
  { socket, contentPath, dataDir }: RegistryPlaces,
  flags: string[],
): [string, ...string[]] {
  const permissions = permissionFlags({
    ...project.permissions.registry,
    read: [socket, contentPath, dataDir, ...secretPaths(flags)],
    write: [socket, dataDir],
  });
  return deno(permissions, ["registry", ...flags]);
}

/** Secrets that a test names are read too. */
function secretPaths(flags: readonly string[]): string[] {
  return flags.flatMap((flag) => /^--(?:basic-auth-dir|cluster-secret-file)=(.*)/.exec(flag)?.[1] ?? []);
}

/**
 * Returns how a command that changes `hosts.toml` files is run: it may touch nothing but their directory.
 *
 * @param socket containerd's socket, for a command that needs it too.
 */
export function hostsCommand(certsDir: string, args: string[], socket?: string): [string, ...string[]] {
  const paths = [certsDir, ...(socket === undefined ? [] : [socket])].join(",");
  const permissions = [`--allow-read=${paths}`, `--allow-write=${paths}`, "--allow-net", "--ignore-env"];
  return deno(permissions, [...args, `--containerd-registry-config-path=${certsDir}`]);
}

function deno(permissions: string[], args: string[]): [string, ...string[]] {
  const program = Deno.env.get("PEILI_TEST_BUNDLE") ?? SOURCES;
  return [Deno.execPath(), "run", "--quiet", "--no-prompt", ...permissions, program, ...args];
}
