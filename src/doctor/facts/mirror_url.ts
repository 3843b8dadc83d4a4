import { isIPv4 } from "node:net";
import { parseListenAddress } from "../../core/listen_address.ts";
import type { NodeStatus } from "../../status/node_status.ts";
import type { HostsFacts, RegistryFile } from "./hosts_files.ts";

/** Where Peili listens for containerd unless it is told otherwise. */
export const MIRROR_BY_DEFAULT = "http://127.0.0.1:30020";

/** Returns the host of a URL without brackets, or "" if it is none. */
export function hostnameOf(url: string): string {
  return URL.parse(url)?.hostname.replace(/^\[|\]$/g, "") ?? "";
}

/** Returns whether a host is this machine itself, whatever its addresses are. */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "::1" || (isIPv4(hostname) && hostname.startsWith("127."));
}

/** Returns where the node answers containerd: the first is the URL to write into `hosts.toml`. */
export function mirrorUrls({ listeners, registryCompat }: NodeStatus): string[] {
  return [listeners.local, ...(registryCompat ? [listeners.registry] : [])].map((address) => {
    const { hostname, port } = parseListenAddress(address);
    if (hostname === undefined || ["0.0.0.0", "::"].includes(hostname)) return `http://127.0.0.1:${port}`;
    return `http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
  });
}

/**
 * Returns whether a URL in a `hosts.toml` leads to the node. A listener on every address is reached at any of them,
 * so there the port has to do.
 */
export function leadsToNode(url: string, { listeners, registryCompat }: NodeStatus): boolean {
  const target = URL.parse(url);
  if (target?.protocol !== "http:") return false;
  return [listeners.local, ...(registryCompat ? [listeners.registry] : [])].some((address) => {
    const { hostname, port } = parseListenAddress(address);
    if (Number(target.port || 80) !== port) return false;
    if (hostname === undefined || ["0.0.0.0", "::"].includes(hostname)) return true;
    return hostnameOf(url) === hostname || (hostnameOf(url) === "localhost" && isLoopback(hostname));
  });
}

/** Returns the first table of a file that leads to the node, and its place among the tables. */
export function mirrorIn(file: RegistryFile, status: NodeStatus): { url: string; index: number } | undefined {
  const index = file.hosts.findIndex(({ url }) => leadsToNode(url, status));
  const url = file.hosts[index]?.url;
  return url === undefined ? undefined : { url, index };
}

/** Returns the URLs by which `hosts.toml` files lead to the node, each once. */
export function usedMirrorUrls({ registries }: HostsFacts, status: NodeStatus): string[] {
  return [...new Set(registries.flatMap((file) => mirrorIn(file, status)?.url ?? []))];
}
