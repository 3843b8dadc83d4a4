import { join } from "node:path";
import { parse, type TomlTable } from "@std/toml";
import { HOSTS_TOML } from "../../hosts/layout.ts";
import { isRegistryDirectory } from "../../hosts/registry_directory.ts";
import { EVERY_REGISTRY } from "../../oci/mirrored_registries.ts";
import type { HostFiles } from "./host_files.ts";
import { tomlProblem } from "./toml_problem.ts";

/** One `[host]` table of a `hosts.toml`. */
export interface HostTable {
  /** Its key: the URL of a mirror. */
  url: string;
  /** What the mirror may be used for, if the table says so. */
  capabilities?: string[];
  /** Whether it carries a header `Authorization`. */
  authorized: boolean;
}

/** One directory of a registry, or `_default`. */
export interface RegistryFile {
  /** The name of the directory. */
  name: string;
  /** The registry that it is for; `_default` for all others. */
  registry: string;
  /** The path of its `hosts.toml`. */
  path: string;
  /** Its tables, in order. Empty if there is no file. */
  hosts: HostTable[];
  /** Why it cannot be read. */
  problem?: string;
}

/** The directory of `hosts.toml` files. */
export interface HostsFacts {
  /** Where it is on the node. */
  dir: string;
  state: "seen" | "absent" | "hidden";
  /** Why it cannot be seen. */
  problem?: string;
  /** The directories in it that containerd looks at for some registry. */
  registries: RegistryFile[];
}

/** Reads the `hosts.toml` files below a directory. */
export async function readHostsFiles(files: HostFiles, dir: string): Promise<HostsFacts> {
  const names = await files.list(dir);
  if (names.state !== "seen") {
    const problem = names.state === "hidden" ? names.why : "there is no such directory";
    return { dir, state: names.state, problem, registries: [] };
  }
  const wanted = names.value.filter((name) => name === EVERY_REGISTRY || isRegistryDirectory(name));
  // Of `host_port_` and `host:port`, containerd looks at the first alone.
  const looked = wanted.filter((name) => !wanted.some((other) => other !== name && registryOf(other) === name));
  return { dir, state: "seen", registries: await Promise.all(looked.map((name) => readRegistry(files, dir, name))) };
}

async function readRegistry(files: HostFiles, dir: string, name: string): Promise<RegistryFile> {
  const path = join(dir, name, HOSTS_TOML);
  const file = { name, registry: registryOf(name), path, hosts: [] };
  const text = await files.read(path);
  if (text.state === "absent") return file;
  if (text.state === "hidden") return { ...file, problem: text.why };
  try {
    return { ...file, hosts: hostTables(parse(text.value)) };
  } catch (reason) {
    return { ...file, problem: tomlProblem(reason) };
  }
}

function hostTables({ host }: TomlTable): HostTable[] {
  if (host === undefined) return [];
  return Object.entries(host as TomlTable).map(([url, value]) => {
    const { capabilities, header } = value as TomlTable;
    const known = Array.isArray(capabilities) ? { capabilities: capabilities.map(String) } : {};
    const names = Object.keys((header ?? {}) as TomlTable).map((name) => name.toLowerCase());
    return { url, ...known, authorized: names.includes("authorization") };
  });
}

function registryOf(name: string): string {
  return name.replace(/_(\d+)_$/, ":$1");
}
