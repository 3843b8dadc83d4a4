import "../routing/dht/warm_up.ts";
import { setTimeout as delay } from "node:timers/promises";
import assert from "@std/assert";
import { createStaticBootstrapper } from "../../src/bootstrap/static.ts";
import type { DhtRouter } from "../../src/routing/dht/dht_router.ts";
import { openDhtRouter } from "../../src/routing/dht/open_dht_router.ts";
import { networkKey } from "../../src/routing/dht/private_network.ts";
import { parseClusterSecret, type SharedSecret } from "../../src/trust/cluster_secret.ts";
import { tempDir } from "../support/temp_dir.ts";
import { until } from "../support/until.ts";
import { buildGoNode, GoNode } from "./go_node.ts";

const REGISTRY_PORT = 7005;
const DIGEST = `sha256:${"5e".repeat(32)}`;
const TAG = "docker.io/library/alpine:3.20";

/** For how long it is looked that a withdrawn key stays away, in milliseconds: longer than any answer is used again. */
const OUTLIVED_MS = 6_000;

/** Peili takes a Go node's port for its own: so that the two can be told apart, Go has another address of loopback. */
const GO_HOST = "127.0.0.2";
const FAMILIES = [
  { family: "IPv4", hostname: "127.0.0.1", listen: [`/ip4/${GO_HOST}/tcp/0`] },
  { family: "IPv6", hostname: "::1", listen: ["/ip6/::1/tcp/0", `/ip4/${GO_HOST}/tcp/0`] },
];

// Built once for all tests.
const programs = await Deno.makeTempDir({ prefix: "peili-" });
const program = await buildGoNode(programs);
globalThis.addEventListener("unload", () => Deno.removeSync(programs, { recursive: true }));

async function openRouter(
  hostname: string,
  options: { peers?: readonly string[]; dataDir?: string; secret?: SharedSecret; registryPort?: number },
): Promise<DhtRouter> {
  const { peers = [], dataDir, secret, registryPort = REGISTRY_PORT } = options;
  const bootstrapper = createStaticBootstrapper({ peers });
  const listen = { hostname, port: 0 };
  return await openDhtRouter({ bootstrapper, secret }, { listen, registryPort, dataDir });
}

/** Returns the hosts of a provider, as soon as it is found. */
async function hostsOf(router: DhtRouter, key: string, id: string): Promise<readonly string[]> {
  return await until(`${key} to be found`, async () => {
    const providers = await Array.fromAsync(router.lookup(key));
    return providers.find((provider) => provider.id === id)?.hosts;
  });
}

async function addrsFoundBy(go: GoNode, key: string, id: string): Promise<string[]> {
  return await until(`${key} to be found`, async () => (await go.find(key)).find((info) => info.id === id)?.addrs);
}

for (const { family, hostname, listen } of FAMILIES) {
  const onFamily = (peer: string) => peer.startsWith(hostname.includes(":") ? "/ip6/" : "/ip4/");

  Deno.test(`Go and Peili find each other's keys through a third Go node, over ${family}`, async () => {
    await using third = await GoNode.start({ program, listen });
    await using go = await GoNode.start({ program, listen });
    await go.connect(third.peers.find(onFamily) ?? "");
    await using peili = await openRouter(hostname, { peers: third.peers.filter(onFamily) });
    await go.provide(DIGEST);
    peili.announce([TAG]);
    assert.deepEqual(await hostsOf(peili, DIGEST, go.id), [`${GO_HOST}:${REGISTRY_PORT}`]);
    assert.deepEqual(await addrsFoundBy(go, TAG, peili.id), peili.addresses());
  });

  Deno.test(`two Go nodes find each other's keys through a Peili node alone, over ${family}`, async () => {
    await using peili = await openRouter(hostname, {});
    const [address = ""] = peili.addresses();
    await using first = await GoNode.start({ program, listen });
    await using second = await GoNode.start({ program, listen });
    assert.equal(await first.connect(address), peili.id, "the peer id is found out by dialling");
    await second.connect(`${address}/p2p/${peili.id}`);
    await first.knows(peili.id);
    await first.provide(DIGEST);
    const addrs = await addrsFoundBy(second, DIGEST, first.id);
    assert(addrs.some((addr) => first.peers.includes(`${addr}/p2p/${first.id}`)));
  });
}

Deno.test("a key that a Peili node has withdrawn is not found by the others, though a Go node names it on", async () => {
  await using go = await GoNode.start({ program, listen: [`/ip4/${GO_HOST}/tcp/0`] });
  await using asker = await openRouter("127.0.0.1", { peers: go.peers });
  await using provider = await openRouter("127.0.0.1", { peers: go.peers, registryPort: REGISTRY_PORT + 1 });
  await until("the Peili nodes to know each other", () => [asker, provider].every((one) => one.state().peers === 2));
  provider.announce([TAG]);
  await hostsOf(asker, TAG, provider.id);
  await addrsFoundBy(go, TAG, provider.id);
  provider.withdraw([TAG]);
  await until("it not to be found", async () => (await Array.fromAsync(asker.lookup(TAG))).length === 0);
  const asked = Date.now();
  while (Date.now() - asked < OUTLIVED_MS) {
    assert((await go.find(TAG)).some(({ id }) => id === provider.id), "the Go node has heard of no withdrawal");
    assert.deepEqual(await Array.fromAsync(asker.lookup(TAG)), []);
    await delay(200);
  }
  provider.announce([TAG]);
  await hostsOf(asker, TAG, provider.id);
});

Deno.test("an identity that Peili has written is Go's identity, and the other way round", async () => {
  await using directories = await tempDir();
  const listen = [`/ip4/${GO_HOST}/tcp/0`];
  const [ours, theirs] = [`${directories.path}/ours`, `${directories.path}/theirs`];
  await Deno.mkdir(theirs);
  await using peili = await openRouter("127.0.0.1", { dataDir: ours });
  await using go = await GoNode.start({ program, listen, keyFile: `${theirs}/private.key` });
  await using goAsPeili = await GoNode.start({ program, listen, keyFile: `${ours}/private.key` });
  await using peiliAsGo = await openRouter("127.0.0.1", { dataDir: theirs });
  assert.equal(goAsPeili.id, peili.id);
  assert.equal(peiliAsGo.id, go.id);
});

Deno.test("the private network of a cluster secret is Go's, with either of two secrets", async () => {
  const keys = parseClusterSecret(`${"a".repeat(32)}\n${"b".repeat(32)}`);
  const [first, second] = keys.map(networkKey);
  const listen = [`/ip4/${GO_HOST}/tcp/0`];
  await using dialled = await GoNode.start({ program, listen, networkKey: first });
  await using peili = await openRouter("127.0.0.1", { peers: dialled.peers, secret: { keys } });
  await using dials = await GoNode.start({ program, listen, networkKey: second });
  const [address = ""] = peili.addresses();
  await dials.connect(`${address}/p2p/${peili.id}`);
  peili.announce([DIGEST]);
  for (const go of [dialled, dials]) {
    await go.knows(peili.id);
    assert.deepEqual(await addrsFoundBy(go, DIGEST, peili.id), peili.addresses());
  }
  await using stranger = await GoNode.start({ program, listen });
  await assert.rejects(stranger.connect(`${address}/p2p/${peili.id}`));
});
