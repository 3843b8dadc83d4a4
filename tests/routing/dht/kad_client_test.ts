import "./warm_up.ts";
import assert from "@std/assert";
import { peerIdFromString } from "@libp2p/peer-id";
import { multiaddr } from "@multiformats/multiaddr";
import { createNoBootstrapper } from "../../../src/bootstrap/none.ts";
import { contentId } from "../../../src/routing/dht/content_id.ts";
import type { DhtRouter } from "../../../src/routing/dht/dht_router.ts";
import { dialTarget } from "../../../src/routing/dht/dial_target.ts";
import { KadClient, type StreamOpener } from "../../../src/routing/dht/kad_client.ts";
import { encodeKadMessage, KAD_MESSAGE_TYPES } from "../../../src/routing/dht/kad_message.ts";
import { openDhtRouter } from "../../../src/routing/dht/open_dht_router.ts";
import { type KnownPeer, PeerBook } from "../../../src/routing/dht/peer_book.ts";
import { tempDir } from "../../support/temp_dir.ts";
import { addrBytes } from "./known_peer.ts";
import { RawPeer } from "./raw_peer.ts";

const KEY = contentId("key").multihash;
const PING = { type: KAD_MESSAGE_TYPES.ping, key: KEY };

async function openRouter(options: { port?: number; dataDir?: string } = {}): Promise<DhtRouter> {
  const { port = 0, dataDir } = options;
  const listen = { hostname: "127.0.0.1", port };
  return await openDhtRouter({ bootstrapper: createNoBootstrapper() }, { listen, registryPort: 7000, dataDir });
}

function openerOf({ host }: RawPeer): StreamOpener {
  return {
    connect: async (peer, options) => void await host.dial(dialTarget(peer), options),
    openStream: (peer, protocol, options) => host.dialProtocol(dialTarget(peer), protocol, options),
  };
}

/** Returns a router as a peer of which nothing but its addresses is known. */
function peerOf(router: DhtRouter): KnownPeer {
  const book = new PeerBook({ allowLoopback: true });
  const peer = book.meet(peerIdFromString(router.id));
  book.tell(peer, router.addresses().map((addr) => multiaddr(addr).bytes));
  return peer;
}

Deno.test("KadClient.request() asks a peer that it has never been connected to", async () => {
  await using router = await openRouter();
  await using raw = await RawPeer.start();
  using client = new KadClient(openerOf(raw));
  const answers = await Promise.all(Array.from({ length: 20 }, () => client.request(peerOf(router), PING)));
  assert.ok(answers.every(({ key }) => key.toHex() === KEY.toHex()));
});

Deno.test("KadClient.request() asks again over a new stream when the peer has ended the one that was open", async () => {
  await using directory = await tempDir();
  await using raw = await RawPeer.start();
  using client = new KadClient(openerOf(raw));
  const first = await openRouter({ dataDir: directory.path });
  const peer = peerOf(first);
  await client.request(peer, PING);
  await first[Symbol.asyncDispose]();
  await using _second = await openRouter({ dataDir: directory.path, port: first.port });
  assert.equal((await client.request(peer, PING)).type, KAD_MESSAGE_TYPES.ping);
});

Deno.test("KadClient.request() throws when nobody is there, and when its signal aborts", async () => {
  await using raw = await RawPeer.start();
  using client = new KadClient(openerOf(raw));
  const router = await openRouter();
  const peer = peerOf(router);
  await router[Symbol.asyncDispose]();
  await assert.rejects(client.request(peer, PING));
  await assert.rejects(client.request(peer, PING, { signal: AbortSignal.abort(new Error("over")) }), /over/);
});

Deno.test("KadClient.sendRecords() returns when the peer has taken every record", async () => {
  await using router = await openRouter();
  await using raw = await RawPeer.start();
  using client = new KadClient(openerOf(raw));
  // Several times what the stream's window and its buffer hold.
  const frames = recordsOf(raw, Array.from({ length: 50_000 }, (_, index) => `${index}`));
  await client.sendRecords(peerOf(router), frames, { signal: AbortSignal.timeout(20_000) });
  assert.equal(router.stats().records, 50_000);
});

Deno.test("KadClient.sendRecords() asks for the records when it is connected: some may be withdrawn until then", async () => {
  const { promise: connected, resolve: connect } = Promise.withResolvers<void>();
  using client = new KadClient({
    connect: () => connected,
    openStream: () => Promise.reject(new Error("no stream here")),
  });
  await using router = await openRouter();
  let asked = false;
  const frames = (function* () {
    asked = true;
    yield Uint8Array.of(1);
  })();
  const sending = client.sendRecords(peerOf(router), frames);
  await new Promise((resolve) => setTimeout(resolve));
  assert.equal(asked, false);
  connect();
  await assert.rejects(sending, /no stream here/);
  assert.equal(asked, true);
});

Deno.test("KadClient.sendRecords() sends a few over the stream of the questions, and none over no stream", async () => {
  await using router = await openRouter();
  await using raw = await RawPeer.start();
  let streams = 0;
  const opener = openerOf(raw);
  using client = new KadClient({
    ...opener,
    openStream: (...args) => {
      streams++;
      return opener.openStream(...args);
    },
  });
  const peer = peerOf(router);
  await client.sendRecords(peer, []);
  assert.equal(streams, 0);
  for (let round = 0; round < 5; round++) {
    await client.sendRecords(peer, recordsOf(raw, [`${round}a`, `${round}b`]));
    assert.equal(router.stats().records, 2 * round + 2);
    assert.equal((await client.request(peer, PING)).type, KAD_MESSAGE_TYPES.ping);
  }
  assert.equal(streams, 1);
});

for (const count of [1, 100]) {
  Deno.test(`KadClient.sendRecords() throws when the peer refuses one of ${count} records`, async () => {
    await using router = await openRouter();
    await using raw = await RawPeer.start();
    using client = new KadClient(openerOf(raw));
    const frames = Array.from({ length: count }, () => Uint8Array.of(255));
    await assert.rejects(client.sendRecords(peerOf(router), frames), /the stream ended|stream/);
  });
}

/** Encodes announcements of a peer. */
function recordsOf({ host }: RawPeer, keys: Iterable<string>): Uint8Array[] {
  const id = host.peerId.toMultihash().bytes;
  return Array.from(keys, (key) =>
    encodeKadMessage({
      type: KAD_MESSAGE_TYPES.addProvider,
      key: contentId(key).multihash,
      providers: [{ id, addrs: [addrBytes("/ip4/127.0.0.2/tcp/5001")] }],
    }));
}
