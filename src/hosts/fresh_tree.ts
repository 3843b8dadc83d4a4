import type { MirroredRegistry } from "../oci/mirrored_registries.ts";
import { joinTables, type MirrorOptions, mirrorTables, serverLine } from "./hosts_text.ts";
import { HOSTS_TOML } from "./layout.ts";
import type { NewDirectory, NewFile, NewNode } from "./new_node.ts";

/** What the directory is to hold beside the backup. */
export interface DesiredTree {
  /** By name. */
  nodes: Map<string, NewNode>;
  /** The directories that send containerd to the mirrors. */
  configured: string[];
  /** One line each for what could not be prepended to. */
  warnings: string[];
}

/** Permission bits of what everyone may read, as containerd may run as anyone. */
const DIRECTORY_MODE = 0o755;
const FILE_MODE = 0o644;
/** The bits that remain to a file with a password in it: those of its owner. */
const SECRET_MODE = 0o700;

/** Returns what Spegel writes without `--prepend-existing`: one file for each mirrored registry, and nothing else. */
export function freshTree(registries: readonly MirroredRegistry[], options: MirrorOptions): DesiredTree {
  const nodes = new Map(registries.map(({ registry, server }) => [registry, freshDirectory(options, server)]));
  return { nodes, configured: [...nodes.keys()], warnings: [] };
}

/** Returns the directory of a registry that had none. */
export function freshDirectory(options: MirrorOptions, server?: string): NewDirectory {
  const front = server === undefined ? "" : serverLine(server);
  const file = hostsFile([front, joinTables(mirrorTables(options))], options);
  return { kind: "directory", mode: DIRECTORY_MODE, children: new Map([[HOSTS_TOML, file]]) };
}

/** Returns a file that is ours from front to end. */
export function hostsFile(pieces: readonly string[], options: MirrorOptions, mode = FILE_MODE): NewFile {
  const inserted = pieces.filter((piece) => piece !== "");
  return { kind: "file", bytes: new TextEncoder().encode(inserted.join("")), mode: fileMode(mode, options), inserted };
}

/** Returns the permissions of a file with the tables of the mirrors in it. */
export function fileMode(mode: number, { basicAuth }: MirrorOptions): number {
  return basicAuth ? mode & SECRET_MODE : mode;
}
