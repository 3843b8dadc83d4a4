import { EVERY_REGISTRY, type MirroredRegistry } from "../oci/mirrored_registries.ts";
import { type DesiredTree, freshDirectory } from "./fresh_tree.ts";
import type { MirrorOptions } from "./hosts_text.ts";
import { HOSTS_TOML } from "./layout.ts";
import { attributesOf, type NewDirectory, type NewNode } from "./new_node.ts";
import { addHosts, type Prepended, prependHosts } from "./prepend_hosts.ts";
import { isRegistryDirectory, registryDirectory } from "./registry_directory.ts";
import type { UserNode, UserTree } from "./user_tree.ts";
import { isVersion } from "./versions.ts";

/**
 * Returns a copy of everything that stood there before, with the mirrors in front of the mirrored registries.
 *
 * When every registry is mirrored, these are all the directories of single registries too, as containerd never looks
 * at `_default` for a registry that has a directory of its own.
 */
export async function prependedTree(
  user: UserTree,
  registries: readonly MirroredRegistry[],
  options: MirrorOptions,
): Promise<DesiredTree> {
  const tree: DesiredTree = { nodes: copyChildren(user.top), configured: [], warnings: [] };
  const servers = new Map(registries.map(({ registry, server }) => [registryDirectory(registry, user.top), server]));
  const implied = servers.has(EVERY_REGISTRY) ? [...user.top.keys()].filter(isRegistryDirectory) : [];
  for (const name of new Set([...servers.keys(), ...implied])) {
    const existing = await user.follow(name);
    const server = servers.get(name);
    if (existing?.children) {
      await prependDirectory(tree, name, existing, { user, options, server });
    } else if (user.top.get(name)?.entry.kind === "link") {
      tree.warnings.push(`Cannot prepend to "${name}": it is a symbolic link to nothing that is in reach`);
    } else if (servers.has(name)) {
      tree.nodes.set(name, freshDirectory(options, server));
      tree.configured.push(name);
    }
  }
  return tree;
}

async function prependDirectory(
  tree: DesiredTree,
  name: string,
  { entry, children = new Map() }: UserNode,
  { user, options, server }: { user: UserTree; options: MirrorOptions; server?: string },
): Promise<void> {
  const path = `${name}/${HOSTS_TOML}`;
  const hosts = children.get(HOSTS_TOML);
  const result: Prepended = hosts && !isEmptyFile(hosts)
    ? await prependHosts(await user.follow(path, hosts), options, server)
    : { file: addHosts([...children.keys()], options, server) };
  const directory: NewDirectory = { kind: "directory", ...attributesOf(entry), children: copyChildren(children) };
  const node = "file" in result ? result.file : directory.children.get(HOSTS_TOML);
  directory.children.delete(HOSTS_TOML);
  if (node) directory.children.set(HOSTS_TOML, node); // last, as it names the files beside it
  tree.nodes.set(name, directory);
  if ("file" in result) tree.configured.push(name);
  else tree.warnings.push(`Cannot prepend to "${path}": ${result.warning}`);
}

/** containerd treats an empty `hosts.toml` as none. */
function isEmptyFile({ entry, text }: UserNode): boolean {
  return entry.kind === "file" && entry.size === 0 && text === undefined;
}

function copyChildren(children: ReadonlyMap<string, UserNode>): Map<string, NewNode> {
  const copies = new Map<string, NewNode>();
  for (const [name, node] of children) {
    const copy = isVersion(name) ? undefined : copyNode(node);
    if (copy) copies.set(name, copy);
  }
  return copies;
}

/** Returns a copy; undefined for a device, a pipe or a socket, which no registry is configured with. */
function copyNode({ entry, children, text }: UserNode): NewNode | undefined {
  if (entry.kind === "other") return undefined;
  if (text !== undefined) return { kind: "file", bytes: new TextEncoder().encode(text), ...attributesOf(entry) };
  if (entry.kind !== "directory") return { kind: "copy", source: entry };
  return { kind: "directory", ...attributesOf(entry), children: copyChildren(children ?? new Map()) };
}
