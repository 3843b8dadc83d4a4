import { noise } from "@chainsafe/libp2p-noise";
import { yamux } from "@chainsafe/libp2p-yamux";
import { identify } from "@libp2p/identify";
import type { Libp2p, Stream } from "@libp2p/interface";
import { type KadDHT, kadDHT, passthroughMapper } from "@libp2p/kad-dht";
import { ping } from "@libp2p/ping";
import { tcp } from "@libp2p/tcp";
import { multiaddr } from "@multiformats/multiaddr";
import { createLibp2p, type Libp2pOptions } from "libp2p";
import { KAD_PROTOCOL } from "../../../src/routing/dht/constants.ts";
import type { DhtRouter } from "../../../src/routing/dht/dht_router.ts";
import { peersOf } from "./loopback_network.ts";

/** A libp2p node that knows nothing of Peili: the DHT of the JavaScript library as it is, or whatever a test sends. */
export class RawPeer implements AsyncDisposable {
  /** The node. */
  readonly host: Libp2p<{ kad: KadDHT }>;

  private constructor(host: Libp2p<{ kad: KadDHT }>) {
    this.host = host;
  }

  /** Starts a node. Its port is taken for that of the router, so it has another address of loopback. */
  static async start(options: Pick<Libp2pOptions, "connectionProtector"> = {}): Promise<RawPeer> {
    const host = await createLibp2p({
      ...options,
      addresses: { listen: ["/ip4/127.0.0.2/tcp/0"] },
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      services: {
        identify: identify(),
        ping: ping({ maxInboundStreams: 8 }),
        kad: kadDHT({
          protocol: KAD_PROTOCOL,
          clientMode: false,
          peerInfoMapper: passthroughMapper,
          allowQueryWithZeroPeers: true,
        }),
      },
    });
    return new RawPeer(host);
  }

  /** Connects to a router. */
  async connect(router: DhtRouter): Promise<void> {
    await this.host.dial(peersOf(router).map((peer) => multiaddr(peer)));
  }

  /** Opens a stream of a protocol to a router. */
  async stream(router: DhtRouter, protocol: string = KAD_PROTOCOL): Promise<Stream> {
    return await this.host.dialProtocol(peersOf(router).map((peer) => multiaddr(peer)), protocol);
  }

  /** Stops the node, and waits for the timers that libp2p leaves behind for a second. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.host.stop();
    await new Promise((resolve) => setTimeout(resolve, 1_100));
  }
}
