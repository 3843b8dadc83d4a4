import type { NetworkNode } from "../support/network/network_node.ts";
import { TestNetwork } from "../support/network/test_network.ts";
import { NameServer } from "./name_server.ts";

/** The name that nodes find each other by. */
export const CLUSTER_NAME = "peili-bootstrap.cluster.test";

/** Where there are files that `ip netns exec` puts over those of /etc. */
const NAMESPACE_FILES = "/etc/netns";

/** What the names of the namespaces of tests begin with. */
const NAMESPACE_PREFIX = "peili-";

/** What resolvers do in the tests: give up soon, as a server that is silent is silent on purpose. */
const RESOLVER_OPTIONS = "options timeout:1 attempts:2";

/** A network whose nodes have nothing but a name server to find each other by. Needs root. */
export class DnsCluster implements AsyncDisposable {
  /** Says what the name means. */
  readonly names: NameServer;
  readonly #network: TestNetwork;
  readonly #parts: AsyncDisposableStack;

  private constructor(network: TestNetwork, names: NameServer, parts: AsyncDisposableStack) {
    this.#network = network;
    this.names = names;
    this.#parts = parts;
  }

  /** Makes a network without nodes. The name does not exist yet. */
  static async create(): Promise<DnsCluster> {
    await removeStaleFiles();
    await using parts = new AsyncDisposableStack();
    const network = parts.use(await TestNetwork.create());
    const names = parts.use(await NameServer.start(network.hostAddress, CLUSTER_NAME));
    return new DnsCluster(network, names, parts.move());
  }

  /** Adds a place for a node, with a resolver that asks the name server. */
  async addPlace(name: string): Promise<NetworkNode> {
    const place = await this.#network.addNode(name);
    const dir = `${NAMESPACE_FILES}/${place.netns}`;
    await Deno.mkdir(dir, { recursive: true });
    this.#parts.defer(() => Deno.remove(dir, { recursive: true }));
    await Deno.writeTextFile(`${dir}/resolv.conf`, `nameserver ${this.#network.hostAddress}\n${RESOLVER_OPTIONS}\n`);
    return place;
  }

  /** Adds several places. */
  async addPlaces(count: number): Promise<NetworkNode[]> {
    const places: NetworkNode[] = [];
    for (let at = 0; at < count; at++) places.push(await this.addPlace(`node${at}`));
    return places;
  }

  /** Returns an address of the network where there is no machine at all. */
  get deadAddress(): string {
    return this.#network.hostAddress.replace(/\d+$/, "250");
  }

  /** Stops everything and removes the network. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.disposeAsync();
  }
}

/** Removes the files of test processes that were killed. */
async function removeStaleFiles(): Promise<void> {
  const entries = await Array.fromAsync(Deno.readDir(NAMESPACE_FILES)).catch(() => []); // there are none yet
  for (const { name } of entries) {
    const isThere = await Deno.stat(`/run/netns/${name}`).then(() => true, () => false);
    if (name.startsWith(NAMESPACE_PREFIX) && !isThere) {
      await Deno.remove(`${NAMESPACE_FILES}/${name}`, { recursive: true });
    }
  }
}
