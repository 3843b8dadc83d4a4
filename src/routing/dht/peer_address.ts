import { CODE_IP4, CODE_IP6, CODE_P2P, CODE_TCP, type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import { canonicalIp, isLoopback, isNodeAddress } from "./ip_address.ts";

/** A TCP address of a node. */
export interface PeerAddress {
  /** The IP address in canonical form, without brackets. */
  ip: string;
  /** The TCP port. */
  port: number;
}

/**
 * Returns the TCP address that a multiaddr means, and undefined for every other kind of multiaddr: a peer id at its
 * end is left aside.
 *
 * @param addr A multiaddr, parsed or in binary form; malformed bytes are undefined too.
 */
export function parsePeerAddress(addr: Multiaddr | Uint8Array): PeerAddress | undefined {
  try {
    const components = (addr instanceof Uint8Array ? multiaddr(addr) : addr).getComponents();
    const [host, transport, ...rest] = components;
    if ((host?.code !== CODE_IP4 && host?.code !== CODE_IP6) || transport?.code !== CODE_TCP) return undefined;
    if (rest.some(({ code }) => code !== CODE_P2P)) return undefined;
    const ip = canonicalIp(host.value ?? "");
    return ip === undefined ? undefined : { ip, port: Number(transport.value) };
  } catch {
    return undefined;
  }
}

/** Returns the multiaddr of a TCP address. */
export function toMultiaddr({ ip, port }: PeerAddress): Multiaddr {
  return multiaddr(`/ip${ip.includes(":") ? 6 : 4}/${ip}/tcp/${port}`);
}

/**
 * Returns whether an address of another node can be of use to this one.
 *
 * @param allowLoopback Whether this node listens on loopback alone, so that all nodes are on one machine.
 */
export function isUsable({ ip, port }: PeerAddress, allowLoopback: boolean): boolean {
  return port > 0 && (isLoopback(ip) ? allowLoopback : isNodeAddress(ip));
}
