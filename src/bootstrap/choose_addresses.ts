import { multiaddr } from "@multiformats/multiaddr";

/** An IP address, as resolvers give it. */
export interface HostAddress {
  /** The address without brackets. */
  address: string;
  /** 4 or 6. */
  family: number;
}

/** How many of the lowest addresses of a family are chosen, as Spegel does. */
const LOWEST_PER_FAMILY = 3;
/** How many more are chosen by chance, for the case that the lowest ones are dead. */
const OTHERS_PER_FAMILY = 3;

/**
 * Chooses the addresses that are tried: the lowest ones of each family, which are the same on every node, so that all
 * nodes find together; then some by chance.
 */
export function chooseAddresses(hosts: readonly HostAddress[]): HostAddress[] {
  return [4, 6].flatMap((family) => chooseFrom(hosts.filter((host) => host.family === family)));
}

function chooseFrom(hosts: readonly HostAddress[]): HostAddress[] {
  const sorted = hosts.map((host) => ({ host, place: placeOf(host) })).toSorted((a, b) => a.place < b.place ? -1 : 1)
    .map(({ host }) => host);
  const others = sorted.slice(LOWEST_PER_FAMILY);
  const chosen = sorted.slice(0, LOWEST_PER_FAMILY);
  while (others.length > 0 && chosen.length < LOWEST_PER_FAMILY + OTHERS_PER_FAMILY) {
    chosen.push(...others.splice(Math.floor(Math.random() * others.length), 1));
  }
  return chosen;
}

/** Writes the bytes of an address so that texts are ordered as the addresses are. */
function placeOf({ address, family }: HostAddress): string {
  return multiaddr(`/ip${family}/${address}`).bytes.toHex();
}
