import { runCommand } from "../run_command.ts";
import { NetworkNode } from "./network_node.ts";
import { freeSubnet, namePrefix, removeNamespace, removeStaleNamespaces } from "./namespaces.ts";

/** The bridge inside the switch's namespace. */
const BRIDGE = "br0";

/** How many networks this process has made. */
let networks = 0;

/**
 * A private network of nodes on this machine: one namespace per node, all wired to a bridge in a namespace of its own,
 * so that no rule and no route of the machine is touched. The test process reaches every node and is reached by it.
 *
 * Needs root. Disposing of it ends what still runs inside and removes the namespaces, also after a failure; what a
 * killed test process left behind is removed when the next network is made.
 */
export class TestNetwork implements AsyncDisposable {
  /** The address of the test process inside the network. */
  readonly hostAddress: string;
  readonly #prefix: string;
  readonly #subnet: string;
  readonly #nodes: NetworkNode[] = [];

  private constructor(prefix: string, subnet: string) {
    this.#prefix = prefix;
    this.#subnet = subnet;
    this.hostAddress = `${subnet}.1`;
  }

  /** Makes a network with no nodes. */
  static async create(): Promise<TestNetwork> {
    await removeStaleNamespaces();
    const index = networks++;
    const network = new TestNetwork(namePrefix(index), await freeSubnet());
    try {
      await network.#addSwitch(index);
    } catch (reason) {
      await network[Symbol.asyncDispose]();
      throw reason;
    }
    return network;
  }

  /**
   * Adds a node with the next address.
   *
   * @param name A short word of lower-case letters and digits, unique within the network.
   */
  async addNode(name: string): Promise<NetworkNode> {
    const netns = `${this.#prefix}${name}`;
    const address = `${this.#subnet}.${this.#nodes.length + 2}`;
    const port = `p-${name}`;
    const node = new NetworkNode({ name, netns, address, switchNetns: this.#switch, switchPort: port });
    this.#nodes.push(node); // from here on it is removed with the network
    await ip("netns", "add", netns);
    await ip("link", "add", "eth0", "netns", netns, "type", "veth", "peer", "name", port, "netns", this.#switch);
    await ip("-n", netns, "addr", "add", `${address}/24`, "dev", "eth0");
    await ip("-n", netns, "link", "set", "lo", "up");
    await ip("-n", netns, "link", "set", "eth0", "up");
    await ip("-n", this.#switch, "link", "set", port, "master", BRIDGE, "up");
    return node;
  }

  /** Ends what runs inside and removes the namespaces. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const { netns } of this.#nodes) await removeNamespace(netns);
    await removeNamespace(this.#switch);
  }

  get #switch(): string {
    return `${this.#prefix}switch`;
  }

  async #addSwitch(index: number): Promise<void> {
    const hostLink = `pl${Deno.pid.toString(36)}-${index}`; // at most 15 bytes
    await ip("netns", "add", this.#switch);
    await ip("-n", this.#switch, "link", "add", BRIDGE, "type", "bridge", "stp_state", "0", "forward_delay", "0");
    await ip("-n", this.#switch, "link", "set", BRIDGE, "up");
    await ip("link", "add", hostLink, "type", "veth", "peer", "name", "p-host", "netns", this.#switch);
    await ip("-n", this.#switch, "link", "set", "p-host", "master", BRIDGE, "up");
    await ip("addr", "add", `${this.hostAddress}/24`, "dev", hostLink);
    await ip("link", "set", hostLink, "up");
  }
}

async function ip(...args: string[]): Promise<void> {
  await runCommand("ip", args);
}
