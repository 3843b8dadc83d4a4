import type { HostedStats } from "./host_calls.ts";
import type { RouterHost } from "./router_host.ts";

/** Returns the figures of all nodes of the hosts that still run. */
export async function statsOf(hosts: readonly RouterHost[]): Promise<HostedStats[]> {
  const stats = await Promise.all(hosts.filter(({ ended }) => !ended).map((host) => host.call("stats", {})));
  return stats.flatMap((nodes) => Object.values(nodes));
}
