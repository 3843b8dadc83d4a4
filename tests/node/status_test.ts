import assert from "@std/assert";
import { startNode } from "../../src/node/node.ts";
import { MemoryNetwork } from "../../src/routing/memory_router.ts";
import { findNode } from "../../src/status/node_client.ts";
import { MemoryStore } from "../../src/store/memory_store.ts";
import { parseListenAddress } from "../../src/core/listen_address.ts";
import { DirectClient } from "../../src/http/direct_client.ts";
import { httpText } from "../support/http_text.ts";
import { until } from "../support/until.ts";

/** A node with one blob, and another that it knows. */
async function aNode() {
  await using parts = new AsyncDisposableStack();
  const store = parts.use(new MemoryStore());
  const digest = await store.put(new TextEncoder().encode("a layer"), {
    sources: [{ registry: "registry.test", repository: "lib/app" }],
  });
  const network = new MemoryNetwork();
  parts.use(network.open({ id: "other", hosts: ["127.0.0.1:1"] }));
  const listen = "127.0.0.1:0";
  const node = parts.use(
    await startNode(
      { localAddr: listen, registryAddr: listen, routerAddr: listen, metricsAddr: listen, flights: false },
      { store, router: network.open({ id: "this", hosts: ["127.0.0.1:2"] }) },
    ),
  );
  const owned = parts.move();
  return { node, digest, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

Deno.test("a node tells what it has, knows and did", async () => {
  await using made = await aNode();
  const { node: { localAddress, registryAddress, metricsAddress }, digest } = made;
  using client = await findNode(parseListenAddress(metricsAddress));
  await until("the blob to be announced", async () => (await client.status()).advertised.contentDigests === 1);
  await httpText(`http://${localAddress}/v2/lib/app/blobs/${digest}?ns=registry.test`);
  const missing = `sha256:${"0".repeat(64)}`;
  await assert.rejects(httpText(`http://${localAddress}/v2/lib/app/blobs/${missing}?ns=registry.test`));
  const status = await client.status();
  assert.deepEqual([status.id, status.state, status.peers], ["this", "ready", 1]);
  assert.deepEqual(status.members.map(({ id, hosts }) => [id, hosts]), [["other", ["127.0.0.1:1"]]]);
  assert.deepEqual([status.listeners.local, status.listeners.registry], [localAddress, registryAddress]);
  assert.deepEqual([status.requests.hits, status.requests.misses], [1, 1]);
  assert.deepEqual([status.requests.recent.hits, status.requests.recent.misses], [1, 1]);
  assert(Math.abs((status.requests.lastHitMs ?? 0) - Date.now()) < 60_000);
  assert.equal(status.bytes.local, "a layer".length);
});

Deno.test("a node tells what it finds when it asks others", async () => {
  await using made = await aNode();
  using client = await findNode(parseListenAddress(made.node.metricsAddress));
  const { checks } = await client.checkPeers();
  assert.deepEqual(checks.map(({ id, host, result }) => [id, host, result]), [["other", "127.0.0.1:1", "failed"]]);
  assert.equal(checks[0]?.back?.reached, false);
});

Deno.test("findNode() says where it looked", async () => {
  await assert.rejects(findNode({ hostname: "127.0.0.1", port: 1 }), /Cannot find a node of Peili at 127\.0\.0\.1:1: /);
});

Deno.test("findNode() tells a server that is none", async () => {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => Response.json({ a: 1 }),
  );
  await assert.rejects(findNode(server.addr), /Cannot find a node of Peili at .*Invalid/);
});

for (
  const [method, path, status] of [["POST", "/status", 405], ["GET", "/other", 404], ["HEAD", "/status", 200]] as const
) {
  Deno.test(`the metrics listener answers ${method} ${path} with ${status}`, async () => {
    await using made = await aNode();
    using client = new DirectClient();
    const response = await client.fetch(`http://${made.node.metricsAddress}${path}`, { method });
    await response.body?.cancel();
    assert.equal(response.status, status);
  });
}
