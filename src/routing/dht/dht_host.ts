import { type Identify, identify } from "@libp2p/identify";
import { type ConnectionProtector, isStartable, type Libp2p, type PrivateKey, type Startable } from "@libp2p/interface";
import { type KadDHT, kadDHT, passthroughMapper } from "@libp2p/kad-dht";
import { type Ping, ping } from "@libp2p/ping";
import { tcp } from "@libp2p/tcp";
import { createLibp2p } from "libp2p";
import { getLogger } from "@logtape/logtape";
import { abortable, deadline, sleep } from "../../core/deadline.ts";
import { errorMessage } from "../../core/errors.ts";
import { KIB, MIB, MINUTE_MS, SECOND_MS } from "../../core/units.ts";
import { BoundedDatastore } from "./bounded_datastore.ts";
import { ConnectionGate } from "./connection_gate.ts";
import { KAD_PROTOCOL } from "./constants.ts";
import { frugalYamux } from "./frugal_yamux.ts";
import { Heartbeat } from "./heartbeat.ts";
import { joinedNoise } from "./joined_noise.ts";
import type { OwnAddresses } from "./own_addresses.ts";
import { isUsable, parsePeerAddress, toMultiaddr } from "./peer_address.ts";
import { SILENT_LOGGER } from "./silent_logger.ts";

/** What the library's list of own addresses is renewed with: not part of its interface. */
const RENEW_ADDRESSES = "_updatePeerStoreAddresses";

/** The libp2p services of a host. */
export interface DhtServices extends Record<string, unknown> {
  identify: Identify;
  ping: Ping;
  kad: KadDHT;
}

/** A libp2p host. */
export type DhtHost = Libp2p<DhtServices>;

/** What a host is made with. */
export interface DhtHostOptions {
  /** The node's identity. */
  privateKey: PrivateKey;
  /** Where to listen, as multiaddrs. */
  listen: readonly string[];
  /** The addresses of the node. */
  own: OwnAddresses;
  /** Lets nobody in who does not know the cluster secret. @default everybody is let in */
  protector?: ConnectionProtector;
}

/** The most that is buffered for a peer that does not read. */
const WRITE_BUFFER_MAX_BYTES = MIB;
/** The window of a stream, the least that the protocol allows: what is buffered of a stream that is not read. */
const STREAM_WINDOW_BYTES = 256 * KIB;
/** The most streams of a connection, of all protocols together. */
const STREAMS_PER_CONNECTION = 64;
/** When the library first walks by itself, in milliseconds: not while everybody is connecting to everybody else. */
const FIRST_WALK_MS = MINUTE_MS;
/** How long somebody who connects may take to show who it is, in milliseconds. */
const HANDSHAKE_TIMEOUT_MS = 10 * SECOND_MS;
/** How long connecting may take before the library gives up by itself: whoever dials knows better. */
const DIAL_TIMEOUT_MS = 15 * SECOND_MS;
/** How long closing every connection in order may take. */
const STOP_TIMEOUT_MS = 3 * SECOND_MS;
/** How long the locks of libp2p's peer store need after that to let go of their timers. */
const LAST_TIMERS_MS = 20;
/** Everywhere: these sources are left to the gate. */
const ANYWHERE = ["/ip4/0.0.0.0/ipcidr/0", "/ip6/::/ipcidr/0"];

const logger = getLogger(["peili", "routing"]);

/**
 * Makes a libp2p host as Spegel's nodes have it: TCP, noise, yamux, identify and ping, and the walks of the DHT. It is
 * not started.
 */
export async function createDhtHost({ privateKey, listen, own, protector }: DhtHostOptions): Promise<DhtHost> {
  const gate = new ConnectionGate();
  const heartbeat = new Heartbeat();
  const mux = frugalYamux({
    enableKeepAlive: false, // which pings, and does not mind when nobody answers
    maxInboundStreams: STREAMS_PER_CONNECTION,
    maxOutboundStreams: STREAMS_PER_CONNECTION,
    windowBytes: STREAM_WINDOW_BYTES,
    streamOptions: { maxWriteBufferLength: WRITE_BUFFER_MAX_BYTES },
  });
  return await createLibp2p<DhtServices>({
    start: false,
    privateKey,
    logger: SILENT_LOGGER,
    // The list of libp2p leaves public addresses out until another node has confirmed them: nobody here does.
    addresses: { listen: [...listen], announceFilter: () => own.announced().map(toMultiaddr) },
    transports: [tcp()],
    ...(protector ? { connectionProtector: () => protector } : {}),
    connectionEncrypters: [joinedNoise()],
    streamMuxers: [() => heartbeat.beating(mux())],
    connectionGater: { denyInboundConnection: (connection) => gate.refuses(connection) },
    connectionManager: {
      allow: ANYWHERE,
      reconnectRetries: 0,
      inboundUpgradeTimeout: HANDSHAKE_TIMEOUT_MS,
      addressDialTimeout: DIAL_TIMEOUT_MS,
    },
    connectionMonitor: { enabled: false }, // the heartbeat does it
    datastore: new BoundedDatastore(),
    peerStore: {
      // libp2p never renews the age of an address that it hears of again, so that after an hour a peer has none.
      maxAddressAge: Infinity,
      addressFilter: (_peer, addr) => {
        const address = parsePeerAddress(addr);
        return address !== undefined && isUsable(address, own.loopbackOnly);
      },
    },
    services: {
      identify: identify({ runOnConnectionOpen: false }), // the greeter does it where it has to
      ping: ping({ maxInboundStreams: 8, maxOutboundStreams: 4 }),
      kad: kadDHT({
        protocol: KAD_PROTOCOL,
        clientMode: false,
        allowQueryWithZeroPeers: true,
        initialQuerySelfInterval: FIRST_WALK_MS,
        peerInfoMapper: passthroughMapper,
      }),
      lastTimer: endLastTimer,
    },
  });
}

/** Ends the timer by which libp2p renews its list of addresses a second after its listeners have closed. */
function endLastTimer(components: { addressManager: object }): Startable {
  return {
    start() {},
    stop() {},
    afterStop() {
      const renew: unknown = Reflect.get(components.addressManager, RENEW_ADDRESSES);
      if (isStartable(renew)) return renew.stop();
    },
  };
}

/** Stops a host: closes its listeners and connections. */
export async function stopHost(host: DhtHost): Promise<void> {
  const stopped = Promise.resolve(host.stop());
  await abortable(stopped, deadline(STOP_TIMEOUT_MS)).catch((reason) => {
    logger.warn("libp2p did not stop in time: {error}", { error: errorMessage(reason) });
  });
  await sleep(LAST_TIMERS_MS);
}
