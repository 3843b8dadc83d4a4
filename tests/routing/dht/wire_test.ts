import "./warm_up.ts";
import assert from "@std/assert";
import type { Stream } from "@libp2p/interface";
import { createNoBootstrapper } from "../../../src/bootstrap/none.ts";
import { createStaticBootstrapper } from "../../../src/bootstrap/static.ts";
import { contentId, createCid } from "../../../src/routing/dht/content_id.ts";
import type { DhtRouter } from "../../../src/routing/dht/dht_router.ts";
import { encodeFrame, FrameDecoder } from "../../../src/routing/dht/frame_decoder.ts";
import { decodeKadMessage, encodeKadMessage, KAD_MESSAGE_TYPES } from "../../../src/routing/dht/kad_message.ts";
import { decodeMemberFrame, encodeMemberFrame } from "../../../src/routing/dht/member_frame.ts";
import { NODE_PROTOCOL } from "../../../src/routing/dht/node_message.ts";
import { openDhtRouter } from "../../../src/routing/dht/open_dht_router.ts";
import { until } from "../../support/until.ts";
import { providersOf } from "../router_fixture.ts";
import { addrBytes } from "./known_peer.ts";
import { peersOf } from "./loopback_network.ts";
import { RawPeer } from "./raw_peer.ts";

const KEY = contentId("key").multihash;
const PING = encodeKadMessage({ type: KAD_MESSAGE_TYPES.ping, key: KEY });

async function openRouter({ bootstrapper = createNoBootstrapper(), registryPort = 7000 } = {}): Promise<DhtRouter> {
  const listen = { hostname: "127.0.0.1", port: 0 };
  return await openDhtRouter({ bootstrapper }, { listen, registryPort });
}

/** Waits until the other side has closed or reset a stream. */
async function ended(stream: Stream): Promise<void> {
  await until("the stream to end", () => stream.status !== "open" || stream.remoteWriteStatus === "closed");
}

/** Sends frames and returns as many answers as are wanted. */
async function ask(stream: Stream, frames: readonly Uint8Array[], wanted: number): Promise<Uint8Array[]> {
  const answers: Uint8Array[] = [];
  const decoder = new FrameDecoder(2 ** 20);
  stream.addEventListener("message", ({ data }) => answers.push(...decoder.decode(data.subarray())));
  for (const frame of frames) stream.send(encodeFrame(frame));
  await until("the answers", () => answers.length >= wanted);
  return answers;
}

Deno.test("the DHT of the JavaScript library and Peili find each other's keys", async () => {
  await using router = await openRouter();
  await using stock = await RawPeer.start();
  await stock.connect(router);
  await until("the router to know it", () => router.state().peers === 1);
  router.announce(["ours"]);
  await until("their key", async () => {
    await stock.host.contentRouting.provide(createCid("theirs")); // to nobody, before it has the router in its table
    return (await providersOf(router, "theirs")).join() === stock.host.peerId.toString();
  });
  await until("our key", async () => {
    for await (const { id } of stock.host.contentRouting.findProviders(createCid("ours"))) {
      if (id.toString() === router.id) return true;
    }
    return false;
  });
});

Deno.test("a node that has withdrawn a key is not found for it, though a node of another kind still names it", async () => {
  await using stock = await RawPeer.start();
  await using asker = await openRouter();
  const bootstrapper = createStaticBootstrapper({ peers: peersOf(asker) });
  await using provider = await openRouter({ bootstrapper, registryPort: 7001 });
  for (const router of [asker, provider]) await stock.connect(router);
  await until("all to know each other", () => [asker, provider].every((router) => router.state().peers === 2), {
    timeoutMs: 20_000,
  });
  provider.announce(["key"]);
  const named = async () => {
    const found = await Array.fromAsync(stock.host.contentRouting.findProviders(createCid("key")));
    return found.some(({ id }) => id.toString() === provider.id);
  };
  await until("it to be found, and named", async () => (await providersOf(asker, "key")).length === 1 && await named());
  provider.withdraw(["key"]);
  await until("it not to be found", async () => (await providersOf(asker, "key")).length === 0);
  assert.ok(await named(), "the other one still names it");
  provider.announce(["key"]);
  await until("it to be found again", async () => (await providersOf(asker, "key")).length === 1);
});

const HOSTILE = [
  { what: "bytes that are no message", frame: Uint8Array.of(0xff, 0xff, 0xff) },
  { what: "a type that is not known", frame: encodeKadMessage({ type: 77, key: KEY }) },
  { what: "a value to keep", frame: encodeKadMessage({ type: 0, key: KEY }) },
  { what: "a key that is too long", frame: encodeKadMessage({ type: 3, key: new Uint8Array(81) }) },
  { what: "a frame that is too long", frame: new Uint8Array(17 * 1024) },
];
Deno.test("a stream that brings what cannot be read is reset, and the node serves on", async (t) => {
  await using router = await openRouter();
  await using peer = await RawPeer.start();
  for (const protocol of ["/spegel/kad/1.0.0", NODE_PROTOCOL]) {
    for (const { what, frame } of HOSTILE) {
      if (protocol === NODE_PROTOCOL && frame.length > 1024) continue; // its messages may be longer
      await t.step(`${protocol}: ${what}`, async () => {
        const stream = await peer.stream(router, protocol);
        stream.send(encodeFrame(frame));
        await ended(stream);
      });
    }
  }
  await t.step("the next stream is served", async () => {
    const stream = await peer.stream(router);
    const [answer] = await ask(stream, [PING], 1);
    assert.equal(decodeKadMessage(answer ?? new Uint8Array()).key.toHex(), KEY.toHex());
  });
});

Deno.test("many questions on one stream are answered in order", async () => {
  await using router = await openRouter();
  await using peer = await RawPeer.start();
  const keys = Array.from({ length: 500 }, (_, index) => contentId(`${index}`).multihash);
  const frames = keys.map((key) => encodeKadMessage({ type: KAD_MESSAGE_TYPES.getProviders, key }));
  const answers = await ask(await peer.stream(router), frames, frames.length);
  assert.deepEqual(answers.map((answer) => decodeKadMessage(answer).key.toHex()), keys.map((key) => key.toHex()));
});

Deno.test("a node announces only itself, and not by an address of loopback to a node that has others", async () => {
  await using router = await openRouter();
  await using peer = await RawPeer.start();
  const other = contentId("no peer id, but it looks like one").multihash;
  const announce = (id: Uint8Array) =>
    encodeKadMessage({
      type: KAD_MESSAGE_TYPES.addProvider,
      key: KEY,
      providers: [{ id, addrs: [addrBytes("/ip4/127.0.0.1/tcp/9")] }],
    });
  await ask(await peer.stream(router), [announce(other), PING], 1);
  assert.equal(router.stats().records, 0);
  await ask(await peer.stream(router), [announce(peer.host.peerId.toMultihash().bytes), PING], 1);
  assert.equal(router.stats().records, 1);
});

Deno.test("a peer that asks and never reads has its stream reset before much is buffered for it", async () => {
  await using router = await openRouter();
  await using peer = await RawPeer.start();
  const stream = await peer.stream(router);
  stream.pause();
  const question = encodeFrame(encodeKadMessage({ type: KAD_MESSAGE_TYPES.findNode, key: KEY }));
  const many = new Uint8Array(question.length * 1_000);
  for (let index = 0; index < 1_000; index++) many.set(question, index * question.length);
  await until("the stream to be reset", () => {
    if (stream.status !== "open") return true;
    stream.send(many);
    return false;
  }, { intervalMs: 1 });
  assert.equal((await ask(await peer.stream(router), [PING], 1)).length, 1, "another stream is served");
});

Deno.test("a member's stream that brings what is no frame is reset, and the node answers on", async () => {
  await using router = await openRouter();
  const protocol = "/peili/test/1";
  router.respond(protocol, (message) => message);
  await using raw = await RawPeer.start();
  await until("the protocol to be answered", async () => {
    const stream = await raw.stream(router, protocol);
    stream.send(encodeFrame(Uint8Array.of(0xff, 0xff, 0xff)));
    await ended(stream);
    return true;
  });
  const request = encodeMemberFrame({ id: 1, refused: false, message: Uint8Array.of(7) });
  const [answer] = await ask(await raw.stream(router, protocol), [request], 1);
  assert.deepEqual([...decodeMemberFrame(answer!).message], [7]);
});
