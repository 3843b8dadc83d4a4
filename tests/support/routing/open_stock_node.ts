import { noise } from "@chainsafe/libp2p-noise";
import { yamux } from "@chainsafe/libp2p-yamux";
import { identify } from "@libp2p/identify";
import { type KadDHT, kadDHT, passthroughMapper } from "@libp2p/kad-dht";
import { ping } from "@libp2p/ping";
import { tcp } from "@libp2p/tcp";
import { multiaddr } from "@multiformats/multiaddr";
import { createLibp2p, type Libp2p } from "libp2p";
import type { ContentRouter, LookupOptions, Provider } from "../../../src/routing/router.ts";
import { KAD_PROTOCOL } from "../../../src/routing/dht/constants.ts";
import { createCid } from "../../../src/routing/dht/content_id.ts";
import type { OpenArgs } from "./host_calls.ts";
import type { HostedNode } from "./hosted_node.ts";

type StockHost = Libp2p<{ kad: KadDHT }>;

/**
 * Opens a libp2p host with `@libp2p/kad-dht` as it comes, to compare with. Only what would keep the nodes of one
 * machine from talking to each other differs from the defaults: private addresses are kept, and any number of
 * connections may come from one address.
 */
export async function openStockNode({ hostname = "0.0.0.0", port, bootstrap }: OpenArgs): Promise<HostedNode> {
  const host = await createLibp2p({
    addresses: { listen: [`/ip4/${hostname}/tcp/${port}`] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionManager: { inboundConnectionThreshold: Infinity, maxIncomingPendingConnections: Infinity },
    services: {
      identify: identify(),
      ping: ping(),
      kad: kadDHT({ protocol: KAD_PROTOCOL, clientMode: false, peerInfoMapper: passthroughMapper }),
    },
  });
  const first = bootstrap?.kind === "static" ? bootstrap.peers : [];
  await Promise.all(first.map((peer) => host.dial(multiaddr(peer))));
  const router = new StockRouter(host);
  return {
    router,
    peers: () => host.getMultiaddrs().map(String),
    stats: () => ({
      ...router.state(),
      connections: host.getConnections().length,
      announcedKeys: router.announcedKeys,
      pendingAnnouncements: router.pendingKeys,
      records: 0, // it does not tell
    }),
  };
}

/** Provides one key after the other, as the library means it. */
class StockRouter implements ContentRouter {
  readonly id: string;
  readonly #host: StockHost;
  readonly #stop = new AbortController();
  #providing: Promise<void> = Promise.resolve();
  announcedKeys = 0;
  pendingKeys = 0;

  constructor(host: StockHost) {
    this.id = host.peerId.toString();
    this.#host = host;
  }

  announce(keys: Iterable<string>): void {
    for (const key of keys) {
      this.announcedKeys++;
      this.pendingKeys++;
      this.#providing = this.#providing.then(() => this.#provide(key)).catch(() => {}); // stopped
    }
  }

  async #provide(key: string): Promise<void> {
    await Array.fromAsync(this.#host.services.kad.provide(createCid(key), { signal: this.#stop.signal }));
    this.pendingKeys--;
  }

  withdraw(): void {
    throw new Error("Cannot withdraw keys: the library has no call for it");
  }

  async *lookup(key: string, { limit = 3, signal }: LookupOptions = {}): AsyncGenerator<Provider> {
    const found = new Set<string>();
    try {
      for await (const event of this.#host.services.kad.findProviders(createCid(key), { signal })) {
        if (event.name !== "PROVIDER") continue;
        for (const { id, multiaddrs } of event.providers) {
          if (found.has(id.toString()) || found.size >= limit) continue;
          found.add(id.toString());
          yield { id: id.toString(), hosts: multiaddrs.map(String) };
        }
        if (found.size >= limit) return;
      }
    } catch (reason) {
      if (!signal?.aborted) throw reason;
    }
  }

  state(): { status: "ready" | "degraded"; peers: number } {
    const peers = this.#host.getPeers().length;
    return { status: peers > 0 ? "ready" : "degraded", peers };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error("the node stops"));
    await this.#providing;
    await this.#host.stop();
  }
}
