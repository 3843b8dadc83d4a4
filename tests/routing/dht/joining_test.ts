import "./warm_up.ts";
import assert from "@std/assert";
import type { BootstrapCandidate, Bootstrapper } from "../../../src/bootstrap/bootstrapper.ts";
import { createDnsBootstrapper } from "../../../src/bootstrap/dns.ts";
import { createNoBootstrapper } from "../../../src/bootstrap/none.ts";
import type { DhtRouter } from "../../../src/routing/dht/dht_router.ts";
import { openDhtRouter } from "../../../src/routing/dht/open_dht_router.ts";
import { collectLogs } from "../../support/collect_logs.ts";
import { until } from "../../support/until.ts";
import { providersOf } from "../router_fixture.ts";

/** Long enough for several attempts to join: they begin 50 ms apart. */
const SOME_ATTEMPTS_MS = 700;

async function open(bootstrapper: Bootstrapper, hostname = "127.0.0.1", port = 0): Promise<DhtRouter> {
  return await openDhtRouter({ bootstrapper }, { listen: { hostname, port }, registryPort: 7000 });
}

/** A bootstrapper that answers as a function does. Counts how often it was asked. */
function bootstrapperOf(candidates: (attempt: number) => BootstrapCandidate[] | Promise<BootstrapCandidate[]>) {
  const made = {
    name: "test",
    asked: 0,
    async candidates() {
      return await candidates(++made.asked);
    },
  };
  return made;
}

/** Checks that a node works alone, and says once why. */
async function worksAlone(router: DhtRouter, logs: readonly string[], said: RegExp): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, SOME_ATTEMPTS_MS));
  assert.equal(router.state().status, "degraded");
  router.announce(["key"]);
  assert.deepEqual(await providersOf(router, "key"), []);
  const warnings = logs.filter((text) => text.startsWith("Bootstrap by "));
  assert.equal(warnings.length, 1, warnings.join("\n"));
  assert.match(warnings[0] ?? "", said);
}

Deno.test("a node whose bootstrap name leads to itself works alone, and says so once", async () => {
  await using logs = await collectLogs();
  const dns = createDnsBootstrapper({ domain: "localhost" });
  // The name server cannot be interrupted: what was asked last may be answered when the node has stopped.
  let asked: ReturnType<Bootstrapper["candidates"]> = Promise.resolve([]);
  {
    await using router = await open({ name: dns.name, candidates: () => asked = dns.candidates() });
    await worksAlone(router, logs.texts, /^Bootstrap by "?dns"? found no peer: .*(it names nobody but this node|::1)/);
  }
  await asked;
});

Deno.test("a node that is named by its id, or by an address that leads back to it, does not count itself", async () => {
  await using logs = await collectLogs();
  const { promise: opened, resolve } = Promise.withResolvers<DhtRouter>();
  await using router = await open(bootstrapperOf(async () => {
    const { id, port } = await opened;
    return [{ id, addrs: ["/ip4/127.0.0.2/tcp/1"] }, { addrs: [`/ip4/127.0.0.1/tcp/${port}`] }];
  }));
  resolve(router);
  await worksAlone(router, logs.texts, /it names nobody but this node/);
});

Deno.test("a node whose bootstrap names nobody works alone, and says so once", async () => {
  await using logs = await collectLogs();
  const bootstrapper = bootstrapperOf(() => []);
  await using router = await open(bootstrapper);
  await worksAlone(router, logs.texts, /it names nobody but this node/);
  assert.ok(bootstrapper.asked > 2, "it goes on asking");
});

Deno.test("a node whose bootstrap names dead addresses works alone, and says so once", async () => {
  await using logs = await collectLogs();
  await using router = await open(bootstrapperOf(() => [{ addrs: ["/ip4/127.0.0.2/tcp/1"] }]));
  await worksAlone(router, logs.texts, /Cannot connect to "\/ip4\/127\.0\.0\.2\/tcp\/1": /);
});

Deno.test("a node whose bootstrap names what is no address works alone, and says so once", async () => {
  await using logs = await collectLogs();
  await using router = await open(
    bootstrapperOf(() => [{ addrs: ["nonsense"] }, { id: "x", addrs: ["/ip4/127.0.0.2"] }]),
  );
  await worksAlone(router, logs.texts, /Cannot connect to "nonsense": /);
});

Deno.test("a node whose bootstrap fails works alone, says so once, and joins when it works", async () => {
  await using logs = await collectLogs();
  await using first = await open(createNoBootstrapper());
  let works = false;
  const bootstrapper = bootstrapperOf(() => {
    if (!works) throw new Error("the name server is away");
    return [{ addrs: first.addresses() }];
  });
  await using router = await open(bootstrapper);
  await worksAlone(router, logs.texts, /the name server is away/);
  works = true;
  await until("it to join", () => router.state().peers === 1);
});

Deno.test("a peer can be named without its id and its port: the port is this node's own", async () => {
  await using first = await open(createNoBootstrapper());
  await using second = await open(bootstrapperOf(() => [{ addrs: ["/ip4/127.0.0.1"] }]), "127.0.0.2", first.port);
  await until("both", () => first.state().peers === 1 && second.state().peers === 1);
});

Deno.test("a node does not wait for its bootstrap, neither to start nor to stop", async () => {
  const bootstrapper = bootstrapperOf(() => new Promise<never>(() => {}));
  const router = await open(bootstrapper);
  await until("the bootstrap to be asked", () => bootstrapper.asked === 1);
  await router[Symbol.asyncDispose]();
});

Deno.test("two halves of a cluster that know nothing of each other become one when bootstrap names both", async () => {
  await using routers = new AsyncDisposableStack();
  let together = false;
  const halves: DhtRouter[][] = [[], []];
  const bootstrapper = (half: number) =>
    bootstrapperOf(() => {
      const named = halves.filter((_, at) => together || at === half).flat();
      return named.map((router) => ({ id: router.id, addrs: router.addresses() }));
    });
  for (const [at, half] of halves.entries()) {
    for (const node of [1, 2, 3]) half.push(routers.use(await open(bootstrapper(at), `127.0.${at}.${node}`)));
  }
  const all = halves.flat();
  const know = (peers: number) => () => all.every((router) => router.state().peers === peers);
  await until("each half to know itself", know(2), { timeoutMs: 20_000 });
  for (const router of all) router.announce([`key of ${router.id}`]);
  together = true;
  await until("all to know all", know(5), { timeoutMs: 30_000 });
  for (const [asker, other] of [[all[0], all[5]], [all[5], all[0]]] as const) {
    const found = async () => (await providersOf(asker!, `key of ${other!.id}`)).join() === other!.id;
    await until("what the other half has", found);
  }
});

Deno.test("nodes that start at once and only have a name in common all find each other", async () => {
  const hosts = ["127.0.0.1", "127.0.0.2"];
  const probe = await open(createNoBootstrapper());
  const { port } = probe;
  await probe[Symbol.asyncDispose]();
  const bootstrapper = () => bootstrapperOf(() => hosts.map((host) => ({ addrs: [`/ip4/${host}`] })));
  await using routers = new AsyncDisposableStack();
  const opened = await Promise.all(hosts.map((host) => open(bootstrapper(), host, port)));
  for (const router of opened) routers.use(router);
  await until("all", () => opened.every((router) => router.state().peers === 1));
});
