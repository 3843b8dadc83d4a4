import { runCommand } from "../run_command.ts";

/** What a {@linkcode NetworkNode} is wired to. */
export interface NetworkNodeOptions {
  /** Its short name. */
  name: string;
  /** Its network namespace. */
  netns: string;
  /** Its IPv4 address. */
  address: string;
  /** The namespace of the switch. */
  switchNetns: string;
  /** The switch's end of its cable. */
  switchPort: string;
}

/** The nftables table that cuts a node off. */
const CUT_TABLE = "inet peili_cut";

/** How long a packet may wait in front of a limited link; netem does not exist everywhere, a token bucket does. */
const QUEUE_MS = 100;

/** One node of a {@linkcode TestNetwork}: a namespace with one cable, `eth0`, to the switch. */
export class NetworkNode {
  /** Its short name. */
  readonly name: string;
  /** Its network namespace. */
  readonly netns: string;
  /** Its IPv4 address. */
  readonly address: string;
  readonly #options: NetworkNodeOptions;

  /** Use `TestNetwork.addNode()`. */
  constructor(options: NetworkNodeOptions) {
    this.name = options.name;
    this.netns = options.netns;
    this.address = options.address;
    this.#options = options;
  }

  /** Limits what the node sends, or lifts the limit. */
  async limitUplink(megabitsPerSecond: number | undefined): Promise<void> {
    await limit(this.netns, "eth0", megabitsPerSecond);
  }

  /** Limits what the node receives, or lifts the limit. */
  async limitDownlink(megabitsPerSecond: number | undefined): Promise<void> {
    await limit(this.#options.switchNetns, this.#options.switchPort, megabitsPerSecond);
  }

  /** Drops every packet from and to the node: whoever talks with it hears nothing more, no FIN and no RST. */
  async cut(): Promise<void> {
    const rules = `table ${CUT_TABLE} {
      chain input { type filter hook input priority 0; iifname "eth0" drop; }
      chain output { type filter hook output priority 0; oifname "eth0" drop; }
    }`;
    await runCommand("ip", ["netns", "exec", this.netns, "nft", "-f", "-"], { stdin: rules });
  }

  /** Ends {@linkcode cut}. */
  async heal(): Promise<void> {
    await runCommand("ip", ["netns", "exec", this.netns, "nft", "delete", "table", ...CUT_TABLE.split(" ")]);
  }
}

async function limit(netns: string, device: string, megabitsPerSecond: number | undefined): Promise<void> {
  if (megabitsPerSecond === undefined) {
    await runCommand("tc", ["-n", netns, "qdisc", "del", "dev", device, "root"]);
    return;
  }
  const bucket = ["rate", `${megabitsPerSecond}mbit`, "burst", "128kb", "latency", `${QUEUE_MS}ms`];
  await runCommand("tc", ["-n", netns, "qdisc", "replace", "dev", device, "root", "tbf", ...bucket]);
}
