import { formatAddress, type ListenAddress } from "../../core/listen_address.ts";
import { errorMessage } from "../../core/errors.ts";

/** Where to bind, with a port that is free. */
export interface BindAddresses {
  /** The port, chosen by the system if none was asked for. */
  port: number;
  /** The addresses to bind, as multiaddrs. */
  multiaddrs: string[];
}

/**
 * Finds out how to listen on an address.
 *
 * libp2p binds IPv4 and IPv6 side by side. In Deno an IPv6 socket takes IPv4 too, so the second of the two fails, and
 * libp2p takes that for a machine without IPv6 and says nothing. Trying it here first leads to the addresses that
 * really work, and to an error that says which address is in use.
 *
 * @throws {Error} With one line, if the address cannot be bound.
 */
export function findBindAddresses({ hostname, port }: ListenAddress): BindAddresses {
  if (hostname !== undefined && hostname !== "::") return bindOne(hostname, port);
  try {
    using six = Deno.listen({ hostname: "::", port });
    const multiaddrs = [`/ip6/::/tcp/${six.addr.port}`];
    // Taken as well unless the machine keeps the families apart (net.ipv6.bindv6only).
    if (canBind("0.0.0.0", six.addr.port)) multiaddrs.push(`/ip4/0.0.0.0/tcp/${six.addr.port}`);
    return { port: six.addr.port, multiaddrs };
  } catch (reason) {
    if (hostname === "::" || reason instanceof Deno.errors.AddrInUse) throw bindError("::", port, reason);
    return bindOne("0.0.0.0", port); // a machine without IPv6
  }
}

function bindOne(hostname: string, port: number): BindAddresses {
  try {
    using listener = Deno.listen({ hostname, port });
    const family = hostname.includes(":") ? "ip6" : "ip4";
    return { port: listener.addr.port, multiaddrs: [`/${family}/${hostname}/tcp/${listener.addr.port}`] };
  } catch (reason) {
    throw bindError(hostname, port, reason);
  }
}

function canBind(hostname: string, port: number): boolean {
  try {
    Deno.listen({ hostname, port }).close();
    return true;
  } catch {
    return false;
  }
}

function bindError(hostname: string, port: number, reason: unknown): Error {
  const address = formatAddress(hostname, port);
  return new Error(`Cannot listen on "${address}" for libp2p: ${errorMessage(reason)}`, { cause: reason });
}
