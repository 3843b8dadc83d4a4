import type { ListenAddress } from "../../core/listen_address.ts";
import { SECOND_MS } from "../../core/units.ts";
import { canonicalIp, isLoopback, isNodeAddress } from "./ip_address.ts";
import { type PeerAddress, toMultiaddr } from "./peer_address.ts";

/** How long a listing of the interfaces is used, in milliseconds: they change seldom. */
const LISTING_TTL_MS = 10 * SECOND_MS;
/** The most addresses that are announced. */
const ANNOUNCED_MAX = 8;

/**
 * Interfaces that only mean something on this machine: bridges of containers, addresses of services, ends of pods.
 * They are announced only when there is nothing else. A machine where this goes wrong listens on an address of its own.
 */
const LOCAL_INTERFACE_REGEXP =
  /^(?:docker|br-[0-9a-f]{12}$|cni|cbr|podman|virbr|lxcbr|lxdbr|veth|cali|lxc|cilium|flannel|weave|kube-|nodelocaldns|tunl|vxlan|ovn-)/;

/** The addresses of this node. */
export class OwnAddresses {
  readonly #listen: ListenAddress;
  #listing: Deno.NetworkInterfaceInfo[] = [];
  #listedUntilMs = 0;
  #announced: { of: Deno.NetworkInterfaceInfo[]; addrs: Uint8Array[] } = { of: [], addrs: [] };

  /** @param listen Where the node listens, with the port that it really has. */
  constructor(listen: ListenAddress) {
    this.#listen = listen;
  }

  /** Whether the node listens on loopback alone, so that all nodes it can talk to are on this machine. */
  get loopbackOnly(): boolean {
    const { hostname } = this.#listen;
    return hostname !== undefined && isLoopback(canonicalIp(hostname) ?? hostname);
  }

  /** The port that the node listens on. */
  get port(): number {
    return this.#listen.port;
  }

  /** What the node announces: loopback only if it listens on loopback alone. */
  announced(): PeerAddress[] {
    const { hostname = "::", port } = this.#listen;
    if (hostname !== "::" && hostname !== "0.0.0.0") return [{ ip: canonicalIp(hostname) ?? hostname, port }];
    const listed = this.#interfaces().filter(({ family, address }) =>
      (hostname === "::" || family === "IPv4") && isNodeAddress(address) && !isLoopback(address)
    );
    const reachable = listed.filter(({ name }) => !LOCAL_INTERFACE_REGEXP.test(name));
    return (reachable.length > 0 ? reachable : listed).slice(0, ANNOUNCED_MAX).map(({ address: ip }) => ({ ip, port }));
  }

  /** The same as multiaddrs in binary form. */
  announcedAddrs(): Uint8Array[] {
    const listing = this.#interfaces();
    if (this.#announced.of !== listing) {
      this.#announced = { of: listing, addrs: this.announced().map((address) => toMultiaddr(address).bytes) };
    }
    return this.#announced.addrs;
  }

  /** Returns whether this node listens on an address: other nodes of the same machine may listen on its other ones. */
  isOwn(ip: string): boolean {
    const { hostname = "::" } = this.#listen;
    if (hostname !== "::" && hostname !== "0.0.0.0") return canonicalIp(hostname) === ip;
    return isLoopback(ip) || this.#interfaces().some(({ address }) => canonicalIp(address) === ip);
  }

  #interfaces(): Deno.NetworkInterfaceInfo[] {
    const nowMs = Date.now();
    if (nowMs >= this.#listedUntilMs) {
      this.#listing = Deno.networkInterfaces();
      this.#listedUntilMs = nowMs + LISTING_TTL_MS;
    }
    return this.#listing;
  }
}
