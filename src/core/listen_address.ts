import { isIPv4, isIPv6 } from "node:net";

/** Where a listener binds. */
export interface ListenAddress {
  /** An IP address without brackets; undefined for every address of every family. */
  hostname?: string;
  /** The TCP port; 0 lets the system choose. */
  port: number;
}

const ADDRESS_REGEXP = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\[\]]*)):(\d{1,5})$/;

/**
 * Reads a listen address as Go writes it: `:5000`, `127.0.0.1:5000`, `localhost:5000` or `[::1]:5000`.
 *
 * @throws {SyntaxError} If the text is no such address.
 * @throws {RangeError} If the port is over 65535.
 */
export function parseListenAddress(text: string): ListenAddress {
  const match = ADDRESS_REGEXP.exec(text);
  const hostname = match?.[1] ?? (match?.[2] === "localhost" ? "127.0.0.1" : match?.[2]);
  if (!match || (match[1] !== undefined ? !isIPv6(match[1]) : hostname !== "" && !isIPv4(hostname ?? ""))) {
    throw new SyntaxError(`Cannot parse address "${text}": expected ip:port, [ipv6]:port or :port`);
  }
  const port = Number(match[3]);
  if (port > 65535) throw new RangeError(`Cannot listen on "${text}": the port must be from 0 to 65535`);
  return { port, ...(hostname ? { hostname } : {}) };
}

/** Returns whether two listeners cannot both be bound. Ports that the system chooses never overlap. */
export function addressesOverlap(a: ListenAddress, b: ListenAddress): boolean {
  if (a.port !== b.port || a.port === 0) return false;
  const [hostA, hostB] = [canonical(a.hostname), canonical(b.hostname)];
  return isWildcard(hostA, hostB) || isWildcard(hostB, hostA) || hostA === hostB;
}

/** Writes an address as `host:port`, with brackets around IPv6. */
export function formatAddress(hostname: string, port: number): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

/** A wildcard overlaps with what it covers: `0.0.0.0` every IPv4 address, `::` and none given every address. */
function isWildcard(wildcard: string, other: string): boolean {
  return wildcard === "::" || (wildcard === "0.0.0.0" && isIPv4(other));
}

/** Writes an address in the one shortest way: `::1` has many spellings. None given is every address. */
function canonical(hostname = "::"): string {
  return isIPv6(hostname) ? new URL(`http://[${hostname}]`).hostname.slice(1, -1) : hostname;
}
