import assert from "@std/assert";
import { MemoryNetwork } from "../../src/routing/memory_router.ts";
import { storedImage } from "./stored_image.ts";
import { TestNode } from "./test_node.ts";

const image = await storedImage();
const LAYER = `http://127.0.0.1/v2/team/app/blobs/${image.layer.digest}?ns=reg.example:5000`;
const INDEX = "http://127.0.0.1/v2/team/app/manifests/v1?ns=reg.example:5000";

/** A node that has the image, and one that has nothing and finds it there. */
function twoNodes() {
  const parts = new AsyncDisposableStack();
  const network = new MemoryNetwork();
  const full = parts.use(new TestNode({ store: image.store }));
  const announcer = network.open({ hosts: [`127.0.0.1:${full.listen("peers")}`] });
  announcer.announce([...image.objects.map(({ digest }) => digest), "reg.example:5000/team/app:v1"]);
  const empty = parts.use(new TestNode({ router: network.open({ hosts: ["127.0.0.1:1"] }) }));
  return { full, empty, [Symbol.asyncDispose]: () => parts.disposeAsync() };
}

Deno.test("a client gets content from another node", async () => {
  await using nodes = twoNodes();
  const response = await nodes.empty.handle(new Request(LAYER));
  assert.equal(response.status, 200);
  assert.deepEqual(await response.bytes(), image.layer.bytes);
  assert.equal(await nodes.empty.metric("peili_bytes_total", { source: "peer" }), image.layer.bytes.length);
  assert.equal(await nodes.full.metric("peili_uploaded_bytes_total"), image.layer.bytes.length);
  assert.equal(await nodes.full.metric("peili_bytes_total"), 0);
});

Deno.test("a client gets every object of an image from another node, the empty one too", async () => {
  await using nodes = twoNodes();
  for (const { digest, bytes, mediaType } of image.objects) {
    const kind = mediaType === "application/octet-stream" ? "blobs" : "manifests";
    const response = await nodes.empty.fetch(`/v2/team/app/${kind}/${digest}?ns=reg.example:5000`);
    assert.deepEqual([response.status, response.headers.get("content-length")], [200, String(bytes.length)], digest);
    assert.equal(response.headers.get("content-type"), mediaType);
    assert.deepEqual(await response.bytes(), bytes);
  }
});

for (const url of [LAYER, INDEX]) {
  Deno.test(`a peer gets only what is local: ${url.includes("blobs") ? "layer" : "tag"}`, async () => {
    await using nodes = twoNodes();
    const response = await nodes.empty.handle(new Request(url), "peers");
    assert.equal(response.status, 404);
    assert.equal((await response.json()).errors.length, 1);
    assert.equal(await nodes.empty.metric("peili_lookups_total"), 0, "a peer makes this node ask nobody");
  });

  Deno.test(`another mirror gets only what is local on any listener: ${url.slice(17, 40)}`, async () => {
    await using nodes = twoNodes();
    for (const audience of ["clients", "everybody", "peers"] as const) {
      const request = new Request(url, { headers: { "X-Spegel-Mirrored": "true" } });
      const response = await nodes.empty.handle(request, audience);
      await response.body?.cancel();
      assert.equal(response.status, 404);
    }
    assert.equal(await nodes.empty.metric("peili_lookups_total"), 0);
  });
}

Deno.test("a client is served through the peer listener only with compatibility on", async () => {
  await using nodes = twoNodes();
  for (const [audience, status] of [["peers", 404], ["everybody", 200]] as const) {
    const response = await nodes.empty.handle(new Request(INDEX), audience);
    await response.body?.cancel();
    assert.equal(response.status, status);
  }
});

Deno.test("a node asks other mirrors as a mirror", async () => {
  await using nodes = twoNodes();
  const response = await nodes.empty.handle(new Request(INDEX, { headers: { "X-Spegel-Mirrored": "false" } }));
  assert.equal(response.status, 200);
  assert.deepEqual(await response.bytes(), image.index.bytes);
});

Deno.test("requests of clients are counted by registry and result, those of mirrors are not", async () => {
  await using nodes = twoNodes();
  const { empty } = nodes;
  const ask = async (url: string, audience: "clients" | "peers") => {
    await (await empty.handle(new Request(url), audience)).body?.cancel();
  };
  await ask(INDEX, "clients");
  await ask(INDEX.replace("v1", "v2"), "clients");
  await ask(INDEX.replace("v1", "v2"), "clients");
  await ask(INDEX, "peers");
  const registry = "reg.example:5000";
  assert.equal(await empty.metric("spegel_mirror_requests_total", { registry, cache: "hit" }), 1);
  assert.equal(await empty.metric("spegel_mirror_requests_total", { registry, cache: "miss" }), 2);
  assert.equal(await empty.metric("spegel_mirror_requests_total"), 3);
  assert(await empty.metric("spegel_mirror_last_success_timestamp_seconds") > Date.now() / 1_000 - 60);
});
