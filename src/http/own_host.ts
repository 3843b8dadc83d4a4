import { networkInterfaces } from "node:os";
import { SECOND_MS } from "../core/units.ts";

/** How long the list of addresses is good for, in milliseconds. */
const FRESH_MS = 10 * SECOND_MS;

/** Knows the addresses of this machine. Nobody else can connect with one of them as its own. */
export class OwnHost {
  #addresses: ReadonlySet<string> = new Set();
  #freshUntilMs = -Infinity;

  /** Returns whether whoever connected from an address is on this machine, in the same network namespace. */
  has(address: string): boolean {
    const ip = address.replace(/^::ffff:(?=\d+\.)/i, ""); // how a socket of both families shows IPv4
    if (ip === "::1" || ip.startsWith("127.")) return true;
    if (performance.now() >= this.#freshUntilMs) {
      this.#addresses = ownAddresses();
      this.#freshUntilMs = performance.now() + FRESH_MS;
    }
    return this.#addresses.has(ip);
  }
}

function ownAddresses(): Set<string> {
  try {
    return new Set(Object.values(networkInterfaces()).flatMap((found = []) => found.map(({ address }) => address)));
  } catch {
    return new Set(); // without permission to see them, only loopback counts
  }
}
