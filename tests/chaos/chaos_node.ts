import { peerIdFromPrivateKey } from "@libp2p/peer-id";
import { loadIdentity } from "../../src/routing/dht/identity.ts";
import { contentKeys } from "../support/routing/content_keys.ts";
import { HostedRouter } from "../support/routing/hosted_router.ts";
import type { RouterHost } from "../support/routing/router_host.ts";

/** What a {@linkcode ChaosNode} is made of. */
export interface ChaosNodeOptions {
  /** What it is called. */
  name: string;
  /** The address that it listens on. */
  hostname: string;
  /** The port that it listens on. */
  port: number;
  /** Where its identity is kept. */
  dataDir: string;
  /** Keys that other nodes have as well. */
  sharedKeys: readonly string[];
}

/** How many keys only one node has. */
const OWN_KEYS = 4;
/** How far the port of the peer listener, which does not exist, is from that of libp2p: nodes of a rack share an address. */
const REGISTRY_PORT_OFFSET = 10_000;

/** One node of the cluster, up or not: it keeps its identity, its address and its content. */
export class ChaosNode {
  /** Its peer id. */
  readonly id: string;
  /** What it has. */
  readonly keys: Set<string>;
  /** What it had once. */
  readonly formerKeys: string[] = [];
  readonly #options: ChaosNodeOptions;
  #router: HostedRouter | undefined;
  #made = 0;

  private constructor(id: string, options: ChaosNodeOptions) {
    this.id = id;
    this.#options = options;
    this.keys = new Set([...this.#newKeys(OWN_KEYS), ...options.sharedKeys]);
  }

  /** Makes a node that is not up yet, with its identity, so that others can be told of it before it is. */
  static async create(options: ChaosNodeOptions): Promise<ChaosNode> {
    const id = peerIdFromPrivateKey(await loadIdentity(options.dataDir));
    return new ChaosNode(id.toString(), options);
  }

  /** What other nodes find it by. */
  get peer(): string {
    const { hostname, port } = this.#options;
    return `/ip4/${hostname}/tcp/${port}/p2p/${this.id}`;
  }

  /** What it is called. */
  get name(): string {
    return this.#options.name;
  }

  /** Its router, if it is up. */
  get router(): HostedRouter | undefined {
    return this.#router;
  }

  /** Starts it. It has announced nothing yet. */
  async start(host: RouterHost, peers: readonly string[]): Promise<HostedRouter> {
    const { hostname, port, dataDir } = this.#options;
    const router = await HostedRouter.open(host, {
      hostname,
      port,
      dataDir,
      registryPort: port + REGISTRY_PORT_OFFSET,
      bootstrap: { kind: "static", peers },
    });
    this.#router = router;
    return router;
  }

  /** Takes note that it is no longer up. */
  ended(): void {
    this.#router = undefined;
  }

  /** Adds content that no other node has. */
  addKeys(count: number): string[] {
    const keys = this.#newKeys(count);
    for (const key of keys) this.keys.add(key);
    return keys;
  }

  /** Removes some content, but never the last. */
  removeKeys(count: number): string[] {
    const keys = [...this.keys].slice(0, Math.min(count, this.keys.size - 1));
    for (const key of keys) this.keys.delete(key);
    this.formerKeys.push(...keys);
    return keys;
  }

  #newKeys(count: number): string[] {
    return contentKeys(`content of ${this.name}, lot ${this.#made++}`, count);
  }
}
