import { BlockList, isIP, isIPv6 } from "node:net";
import { isLoopback } from "./mirror_url.ts";

/**
 * Returns whether a program of Go goes to a host past its proxy, as `golang.org/x/net/http/httpproxy` decides it.
 *
 * @param hostname The host without brackets.
 * @param noProxy The value of `NO_PROXY`.
 */
export function isPastProxy(hostname: string, port: string, noProxy: string): boolean {
  if (isLoopback(hostname)) return true;
  return noProxy.split(",").map((entry) => entry.trim().toLowerCase()).some((entry) =>
    entry !== "" && matches(entry, hostname.toLowerCase(), port)
  );
}

function matches(entry: string, hostname: string, port: string): boolean {
  if (entry === "*") return true;
  if (entry.includes("/")) return isInSubnet(entry, hostname);
  const [, host = entry, entryPort] = /^(.*?)(?::(\d+))?$/.exec(isIPv6(entry) ? `${entry}` : entry) ?? [];
  const bare = isIPv6(entry) ? entry : host.replace(/^\[|\]$/g, "");
  if (!isIPv6(entry) && entryPort !== undefined && entryPort !== port) return false;
  if (isIP(bare)) return bare === hostname;
  const domain = bare.replace(/^\*?\./, "");
  return hostname.endsWith(`.${domain}`) || (hostname === domain && !/^\*?\./.test(bare));
}

function isInSubnet(entry: string, hostname: string): boolean {
  const [network = "", bits = ""] = entry.split("/");
  const family = (address: string) => isIPv6(address) ? "ipv6" : "ipv4";
  if (!isIP(network) || !isIP(hostname) || family(network) !== family(hostname) || !/^\d+$/.test(bits)) return false;
  try {
    const subnet = new BlockList();
    subnet.addSubnet(network, Number(bits), family(network));
    return subnet.check(hostname, family(hostname));
  } catch {
    return false; // more bits than an address has
  }
}
