import { lookup } from "node:dns/promises";
import { abortable, deadline } from "../core/deadline.ts";
import { errorMessage } from "../core/errors.ts";
import { SECOND_MS } from "../core/units.ts";
import type { Bootstrapper } from "./bootstrapper.ts";
import { chooseAddresses } from "./choose_addresses.ts";

/** How long a name server may take: longer than the two attempts of 5 s that resolvers make by default. */
const RESOLVE_TIMEOUT_MS = 12 * SECOND_MS;

const DNS_NAME_REGEXP =
  /^(?=.{1,254}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.?$/i;

/**
 * Reads the name that nodes are found under.
 *
 * @throws {SyntaxError} If the text is no host name.
 */
export function parseDnsName(text: string): string {
  if (!DNS_NAME_REGEXP.test(text)) {
    throw new SyntaxError(`Cannot bootstrap from DNS name "${text.slice(0, 254)}": expected a host name`);
  }
  return text;
}

/**
 * Makes the bootstrapper that takes the addresses of a DNS name: the lowest ones of each family, and some by chance.
 *
 * The name is resolved as every other program here resolves it (`getaddrinfo`): with the search domains and options of
 * `resolv.conf`, and with the hosts file. Peer ids and ports are not known: the peers tell their ids themselves, and
 * the port is the one that this node listens on.
 */
export function createDnsBootstrapper(options: { domain: string }): Bootstrapper {
  const { domain } = options;
  return {
    name: "dns",
    async candidates({ signal } = {}) {
      const hosts = await resolve(domain, deadline(RESOLVE_TIMEOUT_MS, signal));
      return chooseAddresses(hosts).map((host) => ({ addrs: [`/ip${host.family}/${host.address}`] }));
    },
  };
}

async function resolve(domain: string, signal: AbortSignal): Promise<{ address: string; family: number }[]> {
  signal.throwIfAborted();
  try {
    const hosts = await abortable(lookup(domain, { all: true }), signal);
    return hosts.filter(({ address }) => !address.includes("%")); // a zone means nothing to another node
  } catch (reason) {
    if (isNoSuchName(reason)) return [];
    throw new Error(`Cannot resolve "${domain}": ${errorMessage(reason)}`, { cause: reason });
  }
}

/** A name without addresses is the normal case of a cluster that only starts. */
function isNoSuchName(reason: unknown): boolean {
  return reason instanceof Error && "code" in reason && (reason.code === "ENOTFOUND" || reason.code === "ENODATA");
}
