import { networkInterfaces } from "node:os";
import * as v from "valibot";
import type { CallOptions } from "../core/call_options.ts";
import { deadline } from "../core/deadline.ts";
import { errorMessage } from "../core/errors.ts";
import { formatAddress, type ListenAddress } from "../core/listen_address.ts";
import { MIB, SECOND_MS } from "../core/units.ts";
import { DirectClient } from "../http/direct_client.ts";
import { readBounded } from "../http/read_bounded.ts";
import {
  NODE_STATUS_SCHEMA,
  type NodeStatus,
  PEER_CHECKS_PATH,
  PEER_CHECKS_SCHEMA,
  type PeerChecksReport,
  STATUS_PATH,
} from "./node_status.ts";

/** How long a node may take to tell of itself, in milliseconds. */
const STATUS_TIMEOUT_MS = 3 * SECOND_MS;
/** How long it may take to ask others, in milliseconds. */
const CHECKS_TIMEOUT_MS = 8 * SECOND_MS;
/** The longest answer that is read, in bytes. */
const ANSWER_MAX_BYTES = MIB;
/** How many addresses of this machine are tried. */
const ADDRESSES_MAX = 16;

/** Asks a running node for what it tells of itself, at its metrics listener. */
export class NodeClient implements Disposable {
  /** Where the node answers, as `host:port`. */
  readonly address: string;
  readonly #http: DirectClient;

  /** Use {@linkcode findNode}. */
  constructor(address: string, http: DirectClient) {
    this.address = address;
    this.#http = http;
  }

  /**
   * Asks how the node is.
   *
   * @throws {Error} If it does not answer, or not as a node does.
   */
  async status(options: CallOptions = {}): Promise<NodeStatus> {
    return await this.#get(STATUS_PATH, NODE_STATUS_SCHEMA, deadline(STATUS_TIMEOUT_MS, options.signal));
  }

  /**
   * Has the node ask some others.
   *
   * @throws {Error} as {@linkcode status} does.
   */
  async checkPeers(options: CallOptions = {}): Promise<PeerChecksReport> {
    return await this.#get(PEER_CHECKS_PATH, PEER_CHECKS_SCHEMA, deadline(CHECKS_TIMEOUT_MS, options.signal));
  }

  async #get<S extends v.GenericSchema>(path: string, schema: S, signal: AbortSignal): Promise<v.InferOutput<S>> {
    const url = `http://${this.address}${path}`;
    try {
      const response = await this.#http.fetch(url, { signal });
      const text = new TextDecoder().decode(await readBounded(response.body, ANSWER_MAX_BYTES));
      if (!response.ok) throw new Error(`status ${response.status}`);
      return v.parse(schema, JSON.parse(text));
    } catch (reason) {
      throw new Error(`Cannot ask the node at "${url}": ${errorMessage(reason)}`, { cause: reason });
    }
  }

  /** Lets go of the connection. */
  [Symbol.dispose](): void {
    this.#http[Symbol.dispose]();
  }
}

/**
 * Finds the node of this machine.
 *
 * @param address Where its metrics are served; without a host every address of this machine is tried.
 * @throws {Error} If no node answers there.
 */
export async function findNode(address: ListenAddress, options: CallOptions = {}): Promise<NodeClient> {
  const hosts = address.hostname === undefined || ["0.0.0.0", "::"].includes(address.hostname)
    ? ownAddresses()
    : [address.hostname];
  const tried = hosts.map((host) => new NodeClient(formatAddress(host, address.port), new DirectClient()));
  let found: NodeClient | undefined;
  try {
    found = await Promise.any(tried.map(async (client) => {
      await client.status(options);
      return client;
    }));
    return found;
  } catch (reason) {
    const [first] = reason instanceof AggregateError ? reason.errors : [reason];
    const where = tried.map((client) => client.address).join(", ");
    throw new Error(`Cannot find a node of Peili at ${where}: ${errorMessage(first)}`, { cause: reason });
  } finally {
    for (const client of tried) if (client !== found) client[Symbol.dispose]();
  }
}

/** Returns the addresses of this machine, loopback first: a node may listen on one of them only. */
function ownAddresses(): string[] {
  const loopback = ["127.0.0.1", "::1"];
  try {
    const others = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses)
      .filter(({ internal, address }) => !internal && !address.includes("%") && !address.startsWith("fe80:"))
      .map(({ address }) => address);
    return [...loopback, ...others].slice(0, ADDRESSES_MAX);
  } catch {
    return loopback; // without permission to see the others
  }
}
