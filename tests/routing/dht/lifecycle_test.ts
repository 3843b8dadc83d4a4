import "./warm_up.ts";
import assert from "@std/assert";
import { createNoBootstrapper } from "../../../src/bootstrap/none.ts";
import { createStaticBootstrapper } from "../../../src/bootstrap/static.ts";
import type { DhtRouter } from "../../../src/routing/dht/dht_router.ts";
import { openDhtRouter } from "../../../src/routing/dht/open_dht_router.ts";
import { tempDir } from "../../support/temp_dir.ts";
import { until } from "../../support/until.ts";
import { providersOf } from "../router_fixture.ts";
import { LoopbackNetwork, peersOf } from "./loopback_network.ts";
import { RouterProcess } from "./router_process.ts";

/** Within how long a node that was connected and has died must be out of every answer, in milliseconds. */
const FORGET_MS = 2_000;

interface OpenOptions {
  hostname?: string;
  port?: number;
  peers?: readonly string[];
  dataDir?: string;
}

async function open(options: OpenOptions = {}): Promise<DhtRouter> {
  const { hostname = "127.0.0.1", port = 0, peers = [], dataDir } = options;
  const bootstrapper = peers.length > 0 ? createStaticBootstrapper({ peers }) : createNoBootstrapper();
  return await openDhtRouter({ bootstrapper }, { listen: { hostname, port }, registryPort: 7000, dataDir });
}

Deno.test("a node that is killed is out of the answers of those that were connected to it within two seconds", async () => {
  await using router = await open();
  await using other = await RouterProcess.start({ hostname: "127.0.0.1", registryPort: 7002, peers: peersOf(router) });
  await using victim = await RouterProcess.start({ hostname: "127.0.0.1", registryPort: 7001, peers: peersOf(router) });
  await victim.announce(["key"]);
  await other.announce(["key"]);
  await until("both providers", async () => (await providersOf(router, "key")).length === 2);
  await victim.kill();
  const killedMs = Date.now();
  await until("the victim to be forgotten", async () => (await providersOf(router, "key")).join() === other.id, {
    timeoutMs: FORGET_MS,
    intervalMs: 10,
  });
  await until("the other node to forget it too", async () => (await other.state()).peers === 1, {
    timeoutMs: FORGET_MS - (Date.now() - killedMs),
  });
});

Deno.test("a node that comes back under its identity is found again at once", async () => {
  await using directory = await tempDir();
  await using router = await open();
  const restarted = { hostname: "127.0.0.1", registryPort: 7001, peers: peersOf(router), dataDir: directory.path };
  await using first = await RouterProcess.start(restarted);
  await first.announce(["key"]);
  await until("the provider", async () => (await providersOf(router, "key")).length === 1);
  await first.kill();
  await until("it to be forgotten", async () => (await providersOf(router, "key")).length === 0);
  await using second = await RouterProcess.start(restarted);
  assert.equal(second.id, first.id);
  await second.announce(["key"]);
  await until("the provider again", async () => (await providersOf(router, "key")).join() === first.id);
});

Deno.test("what a node announced before it was killed is not found when it is back, unless it announces it again", async () => {
  await using directory = await tempDir();
  await using router = await open();
  const restarted = { hostname: "127.0.0.1", registryPort: 7001, peers: peersOf(router), dataDir: directory.path };
  await using first = await RouterProcess.start(restarted);
  await first.announce(["kept", "lost"]);
  for (const key of ["kept", "lost"]) {
    await until("the provider", async () => (await providersOf(router, key)).length === 1);
  }
  await first.kill();
  await using second = await RouterProcess.start(restarted);
  await second.announce(["kept"]);
  await until("what it has no more to be forgotten", async () => {
    const [kept, lost] = await Promise.all(["kept", "lost"].map((key) => providersOf(router, key)));
    return kept?.join() === second.id && lost?.length === 0;
  });
});

Deno.test("a node finds the others again when the one it bootstrapped from is gone and back", async () => {
  await using directory = await tempDir();
  let first = await open({ dataDir: directory.path });
  const { port } = first;
  await using second = await open({ peers: peersOf(first) });
  await until("both", () => second.state().peers === 1);
  await first[Symbol.asyncDispose]();
  await until("it to be alone", () => second.state().status === "degraded");
  first = await open({ dataDir: directory.path, port });
  await using _owned = first;
  await until("both again", () => second.state().peers === 1 && first.state().peers === 1);
});

Deno.test("ten nodes that start at once know each other, and find what each of them announces", async () => {
  await using network = new LoopbackNetwork();
  const routers = await Promise.all(Array.from({ length: 10 }, (_, index) => network.open(7000 + index)));
  for (const router of routers) router.announce([`key of ${router.id}`]);
  await until("all to know each other", () => routers.every((router) => router.state().peers === 9));
  for (const router of routers) {
    for (const other of routers) {
      const wanted = router === other ? [] : [other.id];
      await until(
        "the provider",
        async () => (await providersOf(router, `key of ${other.id}`)).join() === wanted.join(),
      );
    }
  }
});

Deno.test("nodes find each other over IPv6", async () => {
  await using network = new LoopbackNetwork("::1");
  const [first, second] = [await network.open(7001), await network.open(7002)];
  assert.ok(first.addresses().every((address) => address.startsWith("/ip6/::1/")));
  second.announce(["key"]);
  const provider = await until("the provider", async () => (await Array.fromAsync(first.lookup("key")))[0]);
  assert.deepEqual(provider.hosts, ["[::1]:7002"]);
});

Deno.test("a node that listens on every address announces none of loopback, and can be reached over both families", async () => {
  await using all = await openDhtRouter({ bootstrapper: createNoBootstrapper() }, {
    listen: { port: 0 },
    registryPort: 7001,
  });
  assert.ok(all.addresses().every((address) => !/^\/ip4\/127\.|^\/ip6\/::1\//.test(address)));
  for (const [hostname, address] of [["127.0.0.1", "/ip4/127.0.0.1"], ["::1", "/ip6/::1"]]) {
    const peers = [`${address}/tcp/${all.port}/p2p/${all.id}`];
    await using other = await open({ hostname, peers });
    await until(`a connection over ${hostname}`, () => other.stats().connections > 0);
  }
});

Deno.test("openDhtRouter() says in one line which address is in use", async () => {
  await using first = await open();
  await assert.rejects(
    open({ port: first.port }),
    new RegExp(`^Error: Cannot listen on "127\\.0\\.0\\.1:${first.port}" for libp2p: [^\n]+$`),
  );
});

Deno.test("a node answers lookups and takes keys while and after it stops", async () => {
  const router = await open();
  router.announce(["key"]);
  const stopped = router[Symbol.asyncDispose]();
  assert.deepEqual(await providersOf(router, "other"), []);
  router.announce(["another key"]);
  router.withdraw(["key"]);
  await stopped;
  assert.deepEqual(await providersOf(router, "key"), []);
});
