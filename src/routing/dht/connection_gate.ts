import type { MultiaddrConnection } from "@libp2p/interface";
import { isIPv4 } from "node:net";
import { SECOND_MS } from "../../core/units.ts";
import { parsePeerAddress } from "./peer_address.ts";

/** How a {@linkcode ConnectionGate} is set. */
export interface ConnectionGateOptions {
  /** Tells the time in milliseconds. @default {Date.now} */
  now?: () => number;
}

/** The most connections that others may have open to this node: a cluster of some 500 nodes, with room to reconnect. */
const INBOUND_MAX = 768;
/** The share of them that one source may have: a whole cluster may come through one gateway. */
const INBOUND_PER_SOURCE_MAX = 576;
/** How many connections one source may open in a burst: those of a cluster that starts. */
const BURST = 128;
/** How many it may open per second after that: each costs some milliseconds of CPU for its keys. */
const PER_SECOND = 32;
/** How many sources are kept account of. */
const SOURCES_MAX = 4_096;

interface Source {
  open: number;
  tokens: number;
  filledMs: number;
}

/**
 * Decides which incoming connections are accepted, before anything is computed for them.
 *
 * It stands in for libp2p's own limits, which count five connections per second and address, and leave timers behind.
 */
export class ConnectionGate {
  readonly #now: () => number;
  readonly #sources = new Map<string, Source>();
  #open = 0;

  constructor(options: ConnectionGateOptions = {}) {
    this.#now = options.now ?? Date.now;
  }

  /** How many incoming connections are open. */
  get open(): number {
    return this.#open;
  }

  /** Returns whether to refuse a connection. One that is accepted counts until it closes. */
  refuses(connection: Pick<MultiaddrConnection, "remoteAddr" | "addEventListener">): boolean {
    const name = sourceOf(parsePeerAddress(connection.remoteAddr)?.ip ?? "");
    const source = this.#source(name);
    if (this.#open >= INBOUND_MAX || source.open >= INBOUND_PER_SOURCE_MAX || source.tokens < 1) return true;
    source.tokens--;
    source.open++;
    this.#open++;
    connection.addEventListener("close", () => {
      source.open--;
      this.#open--;
    }, { once: true });
    return false;
  }

  #source(name: string): Source {
    const nowMs = this.#now();
    const source = this.#sources.get(name) ?? { open: 0, tokens: BURST, filledMs: nowMs };
    source.tokens = Math.min(BURST, source.tokens + (nowMs - source.filledMs) / SECOND_MS * PER_SECOND);
    source.filledMs = nowMs;
    this.#sources.delete(name);
    this.#sources.set(name, source); // last again: the order is by use
    if (this.#sources.size > SOURCES_MAX) this.#forgetOne();
    return source;
  }

  #forgetOne(): void {
    for (const [name, { open }] of this.#sources) {
      if (open > 0) continue;
      this.#sources.delete(name);
      return;
    }
  }
}

/**
 * A source is an IPv4 address, or the /56 of an IPv6 address: as much as one site is given, whose machines take any
 * address of it. It may hold a whole cluster, as a gateway may.
 */
function sourceOf(ip: string): string {
  if (isIPv4(ip) || ip === "") return ip;
  const [head = "", tail] = ip.split("::");
  const groups = head.split(":").filter((group) => group !== "");
  const rest = tail === undefined ? [] : tail.split(":").filter((group) => group !== "");
  const zeros = Array.from({ length: 8 - groups.length - rest.length }, () => "0");
  const [fourth, ...first] = [...groups, ...(tail === undefined ? [] : zeros), ...rest].slice(0, 4).reverse();
  return [...first.reverse(), (Number.parseInt(fourth ?? "0", 16) >> 8).toString(16)].join(":");
}
