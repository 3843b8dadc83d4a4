import assert from "@std/assert";
import { MemoryNetwork } from "../../src/routing/memory_router.ts";
import { MemoryStore } from "../../src/store/memory_store.ts";
import { IMAGE_NAME, storedImage } from "./stored_image.ts";
import { TestNode } from "./test_node.ts";

const MIB = 1024 * 1024;
const image = await storedImage(3 * MIB);
const { layer, manifest } = image;

/** A node whose layers all come from another one. */
function relayingNode(store?: MemoryStore) {
  const parts = new AsyncDisposableStack();
  const network = new MemoryNetwork();
  const full = parts.use(new TestNode({ store: image.store }));
  network.open({ hosts: [`127.0.0.1:${full.listen("peers")}`] }).announce(image.objects.map(({ digest }) => digest));
  const node = parts.use(new TestNode({ store, router: network.open({ hosts: ["127.0.0.1:1"] }) }));
  const get = async (path: string, range?: string) => {
    const headers = range === undefined ? undefined : { range };
    const response = await node.fetch(`/v2/team/app/${path}?ns=reg.example:5000`, { headers });
    const bytes = await response.bytes();
    return { status: response.status, range: response.headers.get("content-range"), bytes };
  };
  return {
    manifest: (range?: string) => get(`manifests/${manifest.digest}`, range),
    layer: (range?: string) => get(`blobs/${layer.digest}`, range),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

Deno.test("a relayed layer is given as a whole to bytes=0-, so that fetching in parallel falls back to one stream", async () => {
  await using node = relayingNode();
  await node.manifest("bytes=0-");
  const { status, range, bytes } = await node.layer("bytes=0-");
  assert.deepEqual([status, range], [200, null]);
  assert.deepEqual(bytes, layer.bytes);
});

Deno.test("a manifest is given as partial content to bytes=0-", async () => {
  await using node = relayingNode();
  const { status, range, bytes } = await node.manifest("bytes=0-");
  const { length } = manifest.bytes;
  assert.deepEqual([status, range], [206, `bytes 0-${length - 1}/${length}`]);
  assert.deepEqual(bytes, manifest.bytes);
});

Deno.test("a client that fetches in parallel is never given a part of a relayed layer", async () => {
  await using node = relayingNode();
  await node.manifest("bytes=0-");
  const early = await node.layer("bytes=1000-");
  assert.deepEqual([early.status, early.range], [200, null]);
  assert.deepEqual(early.bytes, layer.bytes);
  assert.equal((await node.layer(`bytes=${2 * MIB}-`)).status, 404);
});

Deno.test("a client that does not fetch in parallel resumes a relayed layer at its byte", async () => {
  await using node = relayingNode();
  await node.manifest();
  for (const start of [1_000, 2 * MIB]) {
    const { status, range, bytes } = await node.layer(`bytes=${start}-`);
    assert.deepEqual([status, range], [206, `bytes ${start}-${layer.bytes.length - 1}/${layer.bytes.length}`]);
    assert.deepEqual(bytes, layer.bytes.slice(start));
  }
  const closed = await node.layer("bytes=5-9");
  assert.deepEqual([closed.status, [...closed.bytes]], [206, [...layer.bytes.slice(5, 10)]]);
});

Deno.test("a client that stops fetching in parallel is served as such from then on", async () => {
  await using node = relayingNode();
  await node.manifest("bytes=0-");
  await node.manifest();
  assert.equal((await node.layer(`bytes=${2 * MIB}-`)).status, 206);
});

Deno.test("fetching in parallel is noticed when the manifest is local and the layer is not", async () => {
  const store = new MemoryStore();
  await store.put(manifest.bytes);
  store.tag(`${IMAGE_NAME}:v1`, manifest.digest);
  await using node = relayingNode(store);
  assert.equal((await node.manifest("bytes=0-")).status, 206);
  assert.equal((await node.layer(`bytes=${2 * MIB}-`)).status, 404);
});

Deno.test("a range beyond a relayed layer cannot be satisfied", async () => {
  await using node = relayingNode();
  await node.manifest();
  const { status, range } = await node.layer(`bytes=${layer.bytes.length}-`);
  assert.deepEqual([status, range], [416, `bytes */${layer.bytes.length}`]);
});
