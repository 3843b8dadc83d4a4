import { isRegistry, looksLikeRegistry } from "../oci/reference.ts";

/**
 * Returns the name of the directory that containerd reads for a registry.
 *
 * That is `host_port_` if it is there, else `host:port`: a new directory of the second name would never be looked at
 * beside one of the first.
 *
 * @param present The names that are there.
 */
export function registryDirectory(registry: string, present: { has(name: string): boolean }): string {
  const escaped = registry.replace(/:(\d+)$/, "_$1_");
  return present.has(escaped) ? escaped : registry;
}

/** Returns whether containerd may look at a directory of this name for some registry. */
export function isRegistryDirectory(name: string): boolean {
  const registry = name.replace(/_(\d+)_$/, ":$1");
  return isRegistry(registry) && looksLikeRegistry(registry);
}
