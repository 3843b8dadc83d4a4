import "./warm_up.ts";
import assert from "@std/assert";
import { noise } from "@chainsafe/libp2p-noise";
import { yamux } from "@chainsafe/libp2p-yamux";
import { tcp } from "@libp2p/tcp";
import { multiaddr } from "@multiformats/multiaddr";
import { createLibp2p } from "libp2p";
import { Heartbeat } from "../../../src/routing/dht/heartbeat.ts";
import { SILENT_LOGGER } from "../../../src/routing/dht/silent_logger.ts";
import { until } from "../../support/until.ts";
import { RouterProcess } from "./router_process.ts";

/** How long the connections of these tests may be silent, in milliseconds. */
const SILENCE_MS = 50;

/** Connects to a node from a host whose connections have a heartbeat, and nothing else that would notice an end. */
async function connect(peers: readonly string[], { answerMs }: { answerMs: number }) {
  const heartbeat = new Heartbeat({ silenceMs: SILENCE_MS, answerMs });
  const mux = yamux({ enableKeepAlive: false });
  let pings = 0;
  const host = await createLibp2p({
    logger: SILENT_LOGGER,
    transports: [tcp()],
    connectionEncrypters: [noise()],
    connectionMonitor: { enabled: false },
    streamMuxers: [() => {
      const { protocol, createStreamMuxer } = heartbeat.beating(mux());
      return {
        protocol,
        createStreamMuxer(connection) {
          const muxer = createStreamMuxer(connection);
          const ping = muxer.ping.bind(muxer);
          muxer.ping = (options) => {
            pings++;
            return ping(options);
          };
          return muxer;
        },
      };
    }],
  });
  const connection = await host.dial(peers.map((peer) => multiaddr(peer)));
  return { connection, pings: () => pings, [Symbol.asyncDispose]: async () => await host.stop() };
}

Deno.test("Heartbeat leaves a connection alone whose other end answers", async () => {
  await using node = await RouterProcess.start({ hostname: "127.0.0.1", registryPort: 7001 });
  await using connected = await connect(node.peers, { answerMs: 10_000 });
  await until("the other end to have answered some times", () => connected.pings() >= 5);
  assert.equal(connected.connection.status, "open");
});

Deno.test("Heartbeat ends a connection whose other end is silent", async () => {
  await using node = await RouterProcess.start({ hostname: "127.0.0.1", registryPort: 7001 });
  await using connected = await connect(node.peers, { answerMs: 1_000 });
  await until("the heart to beat", () => connected.pings() >= 2);
  node.freeze();
  await until("the connection to end", () => connected.connection.status === "aborted");
  await node.kill();
});
