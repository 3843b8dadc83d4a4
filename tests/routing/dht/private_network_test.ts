import "./warm_up.ts";
import assert from "@std/assert";
import { preSharedKey } from "@libp2p/pnet";
import { multiaddrConnectionPair } from "@libp2p/utils";
import { createNoBootstrapper } from "../../../src/bootstrap/none.ts";
import { createStaticBootstrapper } from "../../../src/bootstrap/static.ts";
import { sleep } from "../../../src/core/deadline.ts";
import type { DhtRouter } from "../../../src/routing/dht/dht_router.ts";
import { openDhtRouter } from "../../../src/routing/dht/open_dht_router.ts";
import { networkKey, PrivateNetwork } from "../../../src/routing/dht/private_network.ts";
import { parseClusterSecret } from "../../../src/trust/cluster_secret.ts";
import { until } from "../../support/until.ts";
import { providersOf } from "../router_fixture.ts";
import { peersOf } from "./loopback_network.ts";
import { RawPeer } from "./raw_peer.ts";

const [OLD, NEW] = ["a", "b"].map((letter) => letter.repeat(40)) as [string, string];
/** How long nodes that must not find each other are given to do it, in milliseconds: those that may need a tenth. */
const IN_VAIN_MS = 1_500;

/** A node of the test, and what can be done to it. */
interface SecretNode extends AsyncDisposable {
  router: DhtRouter;
  /** Changes its secret, as a file does that is read again. */
  change(lines: readonly string[]): void;
  /** How many connections it has refused. */
  refused(): number;
}

let port = 7000;

async function open(lines: readonly string[], bootstrap?: SecretNode): Promise<SecretNode> {
  const secret = { keys: keysOf(lines) };
  let refused = 0;
  const peers = bootstrap ? peersOf(bootstrap.router) : [];
  const bootstrapper = bootstrap ? createStaticBootstrapper({ peers }) : createNoBootstrapper();
  const router = await openDhtRouter({
    bootstrapper,
    secret: lines.length === 0 ? undefined : secret,
    onRefused: () => void refused++,
  }, { listen: { hostname: "127.0.0.1", port: 0 }, registryPort: ++port });
  return {
    router,
    change: (lines) => void (secret.keys = keysOf(lines)),
    refused: () => refused,
    [Symbol.asyncDispose]: () => router[Symbol.asyncDispose](),
  };
}

function keysOf(lines: readonly string[]) {
  return lines.length === 0 ? [] : parseClusterSecret(lines.join("\n"));
}

/** Waits until two nodes find each other's content. */
async function meet(one: SecretNode, other: SecretNode): Promise<void> {
  one.router.announce(["one"]);
  other.router.announce(["other"]);
  await until("the first to be found", async () => (await providersOf(other.router, "one")).includes(one.router.id));
  await until("the second to be found", async () => (await providersOf(one.router, "other")).includes(other.router.id));
}

/** A key of libp2p's own private network, in the form of its files. */
function swarmKey(line: string): Uint8Array {
  const [key = new Uint8Array()] = keysOf([line]);
  return new TextEncoder().encode(`/key/swarm/psk/1.0.0/\n/base16/\n${networkKey(key).toHex()}`);
}

const TOGETHER: [name: string, dialled: string[], dials: string[]][] = [
  ["one secret", [OLD], [OLD]],
  ["a second one at the node that is dialled", [OLD, NEW], [OLD]],
  ["a second one at the node that dials", [OLD], [OLD, NEW]],
  ["swapped ones at the node that is dialled", [NEW, OLD], [OLD, NEW]],
  ["swapped ones at the node that dials", [OLD, NEW], [NEW, OLD]],
  ["the old one dropped at the node that is dialled", [NEW], [NEW, OLD]],
  ["the old one dropped at the node that dials", [NEW, OLD], [NEW]],
];

for (const [name, dialled, dials] of TOGETHER) {
  Deno.test(`nodes find each other with ${name}`, async () => {
    await using one = await open(dialled);
    await using other = await open(dials, one);
    await meet(one, other);
    assert.deepEqual([one.refused(), other.refused()], [0, 0]);
  });
}

const APART: [name: string, dialled: string[], dials: string[]][] = [
  ["another secret", [OLD], [NEW]],
  ["no secret", [OLD, NEW], []],
];

for (const [name, dialled, dials] of APART) {
  Deno.test(`a node with ${name} learns nothing and can announce nothing`, async () => {
    await using member = await open(dialled);
    await using second = await open(dialled, member);
    await meet(member, second);
    await using stranger = await open(dials, member);
    stranger.router.announce(["poison"]);
    await until("it to be refused", () => member.refused() > 0);
    await sleep(IN_VAIN_MS);
    assert.deepEqual(await providersOf(stranger.router, "one"), []);
    assert.deepEqual(await providersOf(member.router, "poison"), []);
    assert.deepEqual([...stranger.router.members()], []);
    assert.equal(stranger.router.state().peers, 0);
    assert.deepEqual([...member.router.members()].map(({ id }) => id), [second.router.id]);
    await assert.rejects(stranger.router.request(member.router.id, "/peili/flight/1", new Uint8Array()));
  });
}

Deno.test("a node with a secret learns nothing of one without", async () => {
  await using stranger = await open([]);
  await using member = await open([OLD], stranger);
  await sleep(IN_VAIN_MS);
  assert.deepEqual([stranger.router.state().peers, member.router.state().peers], [0, 0]);
});

Deno.test("a secret that is changed step by step while nodes run never parts them", async () => {
  await using one = await open([OLD]);
  await using other = await open([OLD], one);
  await meet(one, other);
  const nodes = [one, other];
  for (const step of [[OLD, NEW], [NEW, OLD], [NEW]]) {
    for (const node of nodes) {
      node.change(step);
      await using late = await open(step, nodes.find((another) => another !== node));
      await meet(node, late);
      assert.equal([...one.router.members()].some(({ id }) => id === other.router.id), true, "never parted");
    }
  }
  assert.deepEqual([one.refused(), other.refused()], [0, 0]);
});

Deno.test("connections of a secret that is dropped end", async () => {
  await using one = await open([OLD]);
  await using other = await open([OLD], one);
  await meet(one, other);
  one.change([NEW]);
  // Whatever it says next is said in vain.
  await assert.rejects(other.router.request(one.router.id, "/peili/flight/1", new Uint8Array()));
  await until("it to be cut off", () => one.router.state().peers === 0);
});

Deno.test("libp2p's own private network with the same key connects, in both directions", async () => {
  await using member = await open([NEW, OLD]);
  await using dials = await RawPeer.start({ connectionProtector: preSharedKey({ psk: swarmKey(OLD) }) });
  await dials.connect(member.router);
  await using stranger = await RawPeer.start({ connectionProtector: preSharedKey({ psk: swarmKey("c".repeat(40)) }) });
  await assert.rejects(stranger.connect(member.router));
  await using dialled = await RawPeer.start({ connectionProtector: preSharedKey({ psk: swarmKey(NEW) }) });
  const peers = dialled.host.getMultiaddrs().map(String);
  const bootstrapper = createStaticBootstrapper({ peers });
  const secret = { keys: keysOf([NEW, OLD]) };
  await using _dialler = await openDhtRouter({ bootstrapper, secret }, {
    listen: { hostname: "127.0.0.1", port: 0 },
    registryPort: 7000,
  });
  await until("it to dial", () => dialled.host.getConnections().length > 0);
});

for (const sent of [0, 24, 43]) {
  Deno.test(`whoever stops after ${sent} bytes is counted as nobody`, async () => {
    await using member = await open([OLD]);
    using connection = await Deno.connect({ hostname: "127.0.0.1", port: member.router.port });
    await connection.write(crypto.getRandomValues(new Uint8Array(sent)));
    const nonce = new Uint8Array(100);
    let read = 0;
    while (read < 24) read += await connection.read(nonce.subarray(read)) ?? 24;
    assert.equal(read, 24, "a nonce, which tells nothing");
    connection.close();
    await sleep(50);
    assert.equal(member.refused(), 0);
  });
}

for (const beginning of ["\x13/multistream/1.0.0\n\x07/noise\n", "GET / HTTP/1.1\r\nHost: somebody.example\r\n\r\n"]) {
  Deno.test(`whoever sends ${JSON.stringify(beginning.slice(0, 15))} is cut off at once`, async () => {
    await using member = await open([OLD]);
    using connection = await Deno.connect({ hostname: "127.0.0.1", port: member.router.port });
    await connection.write(new TextEncoder().encode(beginning.padEnd(60)));
    const rest = new Uint8Array(1_000);
    const read = async () => {
      while (await connection.read(rest) !== null);
    };
    await read().catch((reason) => assert(reason instanceof Deno.errors.ConnectionReset));
    assert.equal(member.refused(), 1);
  });
}

/** What the library's pair of connections leaves behind runs out in this time, in milliseconds. */
const PAIR_TIMERS_MS = 50;

/** Two ends of a connection, each of them of a private network. */
function ends(dials: PrivateNetwork, dialled: PrivateNetwork) {
  const [outbound, inbound] = multiaddrConnectionPair();
  return { outbound, inbound, dials: () => dials.protect(outbound), dialled: () => dialled.protect(inbound) };
}

Deno.test("whoever says nothing is not waited for", async () => {
  const { dialled, inbound } = ends(
    new PrivateNetwork({ keys: keysOf([OLD]) }),
    new PrivateNetwork({ keys: keysOf([OLD]) }, { proofTimeoutMs: 50 }),
  );
  await assert.rejects(dialled());
  assert.equal(inbound.status, "aborted");
  await sleep(PAIR_TIMERS_MS);
});

Deno.test("whoever sends much before it has proved anything is not listened to", async () => {
  const { outbound, dialled } = ends(
    new PrivateNetwork({ keys: keysOf([OLD]) }),
    new PrivateNetwork({ keys: keysOf([OLD]) }),
  );
  const protecting = dialled();
  outbound.send(crypto.getRandomValues(new Uint8Array(60_000)));
  await assert.rejects(protecting, { name: "ForeignPeerError" });
  await until("the other end to hear of it", () => outbound.status !== "open");
  await sleep(PAIR_TIMERS_MS);
});

Deno.test("what is sent reaches the other end in whatever pieces it comes, and nobody can read it on the way", async () => {
  const text = "\x13/multistream/1.0.0\n" + "0123456789".repeat(2_000);
  const network = new PrivateNetwork({ keys: keysOf([NEW, OLD]) });
  const pair = ends(new PrivateNetwork({ keys: keysOf([OLD]) }), network);
  const wire: number[] = [];
  pair.inbound.addEventListener("message", ({ data }) => void wire.push(...data.subarray()));
  const accepting = pair.dialled();
  const out = await pair.dials();
  for (let at = 0; at < text.length; at += 7) out.send(new TextEncoder().encode(text.slice(at, at + 7)));
  const read: number[] = [];
  const inside = await accepting;
  inside.addEventListener("message", ({ data }) => void read.push(...data.subarray()));
  await until("all of it", () => read.length === text.length);
  assert.equal(new TextDecoder().decode(new Uint8Array(read)), text);
  assert(!new TextDecoder("latin1").decode(new Uint8Array(wire)).includes("0123456789"));
  await out.close();
  await sleep(PAIR_TIMERS_MS);
});
