import { isIPv4, isIPv6 } from "node:net";

/** The form in which IPv6 sockets show IPv4 addresses: RFC 4291, section 2.5.5.2. */
const MAPPED_REGEXP = /^::ffff:(?:(\d+\.\d+\.\d+\.\d+)|([0-9a-f]{1,4}):([0-9a-f]{1,4}))$/i;

/** Returns an address in its one shortest form, IPv4 addresses mapped into IPv6 as IPv4. Undefined for other text. */
export function canonicalIp(text: string): string | undefined {
  if (isIPv4(text)) return text;
  if (!isIPv6(text) || text.includes("%")) return undefined;
  const short = new URL(`http://[${text}]`).hostname.slice(1, -1);
  const [, dotted, high, low] = MAPPED_REGEXP.exec(short) ?? [];
  if (dotted !== undefined) return dotted;
  if (high === undefined || low === undefined) return short;
  const number = parseInt(high, 16) * 0x10000 + parseInt(low, 16);
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff).join(".");
}

/** Returns whether a canonical address is one of the node itself. */
export function isLoopback(ip: string): boolean {
  return ip === "::1" || ip.startsWith("127.");
}

/** Returns whether a canonical address means one node to every other node of a cluster, loopback left aside. */
export function isNodeAddress(ip: string): boolean {
  return isIPv4(ip)
    ? !/^(?:0|169\.254|22[4-9]|23\d|2[45]\d)\./.test(ip)
    : ip !== "::" && !/^(?:fe[89ab]|ff[0-9a-f]{2}:)/.test(ip);
}
