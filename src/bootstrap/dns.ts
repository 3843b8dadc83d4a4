import { lookup } from "node:dns/promises";
import { multiaddr } from "@multiformats/multiaddr";
import { abortable, deadline } from "../core/deadline.ts";
import { errorMessage } from "../core/errors.ts";
import { SECOND_MS } from "../core/units.ts";
import type { BootstrapCandidate, Bootstrapper } from "./bootstrapper.ts";

/** How many of the lowest addresses of a family are named: all nodes choose the same ones, so that they find together. */
const LOWEST_PER_FAMILY = 3;
/** How many more are named by chance, for the case that the lowest ones are dead. */
const OTHERS_PER_FAMILY = 3;
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
      return [4, 6].flatMap((family) => choose(hosts.filter((host) => host.family === family).map(toMultiaddr)));
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

function toMultiaddr({ address, family }: { address: string; family: number }): string {
  return `/ip${family}/${address}`;
}

function choose(addrs: string[]): BootstrapCandidate[] {
  const sorted = addrs.toSorted((a, b) => compareBytes(multiaddr(a).bytes, multiaddr(b).bytes));
  const others = sorted.slice(LOWEST_PER_FAMILY);
  const chosen = sorted.slice(0, LOWEST_PER_FAMILY);
  while (others.length > 0 && chosen.length < LOWEST_PER_FAMILY + OTHERS_PER_FAMILY) {
    chosen.push(...others.splice(Math.floor(Math.random() * others.length), 1));
  }
  return chosen.map((addr) => ({ addrs: [addr] }));
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const index = a.findIndex((byte, at) => byte !== b[at]);
  return index < 0 ? 0 : (a[index] ?? 0) - (b[index] ?? 0);
}

/** A name without addresses is the normal case of a cluster that only starts. */
function isNoSuchName(reason: unknown): boolean {
  return reason instanceof Error && "code" in reason && (reason.code === "ENOTFOUND" || reason.code === "ENODATA");
}
