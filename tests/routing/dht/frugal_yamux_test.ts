import "./warm_up.ts";
import assert from "@std/assert";
import { peerIdFromString } from "@libp2p/peer-id";
import { multiaddr } from "@multiformats/multiaddr";
import { createNoBootstrapper } from "../../../src/bootstrap/none.ts";
import { createDhtHost, stopHost } from "../../../src/routing/dht/dht_host.ts";
import { dialTarget } from "../../../src/routing/dht/dial_target.ts";
import { loadIdentity } from "../../../src/routing/dht/identity.ts";
import { KadClient } from "../../../src/routing/dht/kad_client.ts";
import { encodeKadMessage, KAD_MESSAGE_TYPES } from "../../../src/routing/dht/kad_message.ts";
import { openDhtRouter } from "../../../src/routing/dht/open_dht_router.ts";
import { OwnAddresses } from "../../../src/routing/dht/own_addresses.ts";
import { PeerBook } from "../../../src/routing/dht/peer_book.ts";

const LOOPBACK = { hostname: "127.0.0.1", port: 0 };
const PING = { type: KAD_MESSAGE_TYPES.ping, key: new Uint8Array(34) };
/** What a message has around it: its length for noise, noise's tag, yamux' head, and its length in the stream. */
const AROUND_BYTES = 2 + 16 + 12 + 1;
const QUESTIONS = 200;
/** More may go over the connection meanwhile: pings, and a look at who the other one is. */
const OTHERS = 25;

/** Stands between two hosts, and counts what the one that connects sends. */
function startCounter(port: number) {
  const counts = { bytes: 0 };
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const running = (async () => {
    for await (const from of listener) {
      const to = await Deno.connect({ hostname: "127.0.0.1", port });
      to.readable.pipeTo(from.writable).catch(() => {});
      const counted = new TransformStream<Uint8Array, Uint8Array>({
        transform(piece, controller) {
          counts.bytes += piece.length;
          controller.enqueue(piece);
        },
      });
      from.readable.pipeThrough(counted).pipeTo(to.writable).catch(() => {});
    }
  })();
  return {
    counts,
    port: listener.addr.port,
    async [Symbol.asyncDispose]() {
      listener.close();
      await running;
    },
  };
}

Deno.test("a question costs one frame on the way there, and its answer none", async () => {
  await using router = await openDhtRouter({ bootstrapper: createNoBootstrapper() }, {
    listen: LOOPBACK,
    registryPort: 7000,
  });
  await using counter = startCounter(router.port);
  const own = new OwnAddresses(LOOPBACK);
  const host = await createDhtHost({ privateKey: await loadIdentity(), listen: ["/ip4/127.0.0.1/tcp/0"], own });
  await using parts = new AsyncDisposableStack();
  parts.defer(() => stopHost(host));
  await host.start();
  using client = new KadClient({
    connect: async (peer, options) => void await host.dial(dialTarget(peer), options),
    openStream: (peer, protocol, options) => host.dialProtocol(dialTarget(peer), protocol, options),
  });
  const book = new PeerBook({ allowLoopback: true });
  const peer = book.meet(peerIdFromString(router.id));
  book.tell(peer, [multiaddr(`/ip4/127.0.0.1/tcp/${counter.port}`).bytes]);
  await client.request(peer, PING);

  const before = { ...counter.counts };
  for (let count = 0; count < QUESTIONS; count++) await client.request(peer, PING);
  const bytes = (QUESTIONS + OTHERS) * (encodeKadMessage(PING).length + AROUND_BYTES);
  assert.ok(counter.counts.bytes - before.bytes <= bytes, `${counter.counts.bytes - before.bytes} bytes`);
});
