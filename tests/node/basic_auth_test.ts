import assert from "@std/assert";
import { basicAuthorization } from "../../src/http/basic_auth.ts";
import { DirectClient } from "../../src/http/direct_client.ts";
import { type Node, startNode } from "../../src/node/node.ts";
import { MemoryNetwork } from "../../src/routing/memory_router.ts";
import { MemoryStore } from "../../src/store/memory_store.ts";
import { httpText } from "../support/http_text.ts";
import { metricSum } from "../support/prometheus_text.ts";

const AUTH = { username: "peili", password: "secret" };
const SOURCES = [{ registry: "registry.test", repository: "lib/app" }];

/** Two nodes: one that has a blob, and one that asks for it. */
async function twoNodes(auth: { has?: typeof AUTH; asks?: typeof AUTH }) {
  await using parts = new AsyncDisposableStack();
  const network = new MemoryNetwork();
  const store = parts.use(new MemoryStore());
  const digest = await store.put(new TextEncoder().encode("a layer"), { sources: SOURCES });
  const port = freePort();
  const start = async (
    options: { basicAuth?: typeof AUTH; store: MemoryStore; host: string; registryAddr: string },
  ) => {
    const { basicAuth, store, host, registryAddr } = options;
    const listen = "127.0.0.1:0";
    const router = network.open({ hosts: [host] });
    return parts.use(
      await startNode(
        {
          localAddr: listen,
          registryAddr,
          routerAddr: listen,
          metricsAddr: listen,
          basicAuth,
          mirrorResolveTimeoutMs: 2_000,
        },
        { store, router },
      ),
    );
  };
  const has = await start({ basicAuth: auth.has, store, host: `127.0.0.1:${port}`, registryAddr: `127.0.0.1:${port}` });
  const asks = await start({
    basicAuth: auth.asks,
    store: parts.use(new MemoryStore()),
    host: "127.0.0.1:1",
    registryAddr: "127.0.0.1:0",
  });
  const path = `/v2/lib/app/blobs/${digest}?ns=registry.test`;
  const owned = parts.move();
  return { has, asks, path, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function refusals({ metricsAddress }: Node): Promise<number> {
  return metricSum(await httpText(`http://${metricsAddress}/metrics`), "peili_refused_peer_requests_total");
}

async function statusOf(url: string, authorization?: string): Promise<number> {
  using client = new DirectClient({ authorization });
  const response = await client.fetch(url);
  await response.body?.cancel();
  return response.status;
}

for (const auth of [{}, { has: AUTH, asks: AUTH }, { asks: AUTH }]) {
  Deno.test(`nodes get content from each other: ${JSON.stringify(Object.keys(auth))} with a password`, async () => {
    await using nodes = await twoNodes(auth);
    assert.equal(await httpText(`http://${nodes.asks.localAddress}${nodes.path}`), "a layer");
    assert.equal(await refusals(nodes.has), 0);
  });
}

for (const asks of [undefined, { ...AUTH, password: "guessed" }]) {
  Deno.test(`a node ${asks ? "with another" : "without the"} password gets nothing, and is counted`, async () => {
    await using nodes = await twoNodes({ has: AUTH, asks });
    assert.equal(await statusOf(`http://${nodes.asks.localAddress}${nodes.path}`), 404);
    assert((await refusals(nodes.has)) > 0);
  });
}

Deno.test("the password is asked for on the listener for nodes alone", async () => {
  await using nodes = await twoNodes({ has: AUTH });
  const { localAddress, registryAddress } = nodes.has;
  assert.equal(await statusOf(`http://${localAddress}${nodes.path}`), 200);
  assert.equal(await statusOf(`http://${localAddress}${nodes.path}`, basicAuthorization(AUTH)), 200);
  assert.equal(await statusOf(`http://${registryAddress}${nodes.path}`), 404);
  assert.equal(await statusOf(`http://${registryAddress}${nodes.path}`, basicAuthorization(AUTH)), 200);
  assert.equal(await statusOf(`http://${registryAddress}/v2/`), 404);
  assert.equal(await statusOf(`http://${registryAddress}/readyz`), 200);
});
