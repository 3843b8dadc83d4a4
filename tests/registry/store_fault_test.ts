import assert from "@std/assert";
import { MemoryNetwork } from "../../src/routing/memory_router.ts";
import { type ContentReader, StoreUnavailableError } from "../../src/store/content_store.ts";
import { rawHttp } from "../support/raw_http.ts";
import { storedImage } from "./stored_image.ts";
import { TestNode } from "./test_node.ts";

const image = await storedImage();
const LAYER = `/v2/team/app/blobs/${image.layer.digest}?ns=reg.example:5000`;
const TAG = "/v2/team/app/manifests/v1?ns=reg.example:5000";

/** How long headers may take as a whole, with room for a busy machine. */
const HEADERS_MS = 5_000 + 3_000;

/** A store over the image's own, some of whose methods are at fault. */
function faultyStore(faults: Partial<ContentReader>): ContentReader {
  const { store } = image;
  return {
    describe: (...given) => store.describe(...given),
    open: (...given) => store.open(...given),
    resolve: (...given) => store.resolve(...given),
    sources: (...given) => store.sources(...given),
    ingest: (...given) => store.ingest(...given),
    tail: (...given) => store.tail(...given),
    ...faults,
  };
}

function unavailable(): Promise<never> {
  return Promise.reject(new StoreUnavailableError("Cannot ask containerd: it is restarting"));
}

function broken(): Promise<never> {
  return Promise.reject(new TypeError("Cannot read properties of undefined"));
}

function hanging(): Promise<never> {
  return new Promise(() => {});
}

const FAULTS: [name: string, faults: Partial<ContentReader>][] = [
  ["that is unavailable", { describe: unavailable, resolve: unavailable }],
  ["whose sources are unavailable", { sources: unavailable, resolve: unavailable }],
  ["that throws what it should not", { describe: broken }],
  ["that fails to open", { open: broken }],
  ["that throws at once", {
    describe: () => {
      throw new Error("at once");
    },
  }],
  ["whose file is gone since it was described", {
    open: () => Promise.reject(new Deno.errors.NotFound("No such file or directory (os error 2)")),
  }],
];

for (const [name, faults] of FAULTS) {
  for (const path of [LAYER, TAG]) {
    Deno.test(`a store ${name} leads to 404 for ${path === TAG ? "a tag" : "a layer"}`, async () => {
      await using node = new TestNode({ store: faultyStore(faults) });
      for (const audience of ["clients", "peers"] as const) {
        const response = await node.handle(new Request(`http://127.0.0.1${path}`), audience);
        assert.equal(response.status, 404);
        assert.equal((await response.json()).errors.length, 1);
      }
    });
  }

  Deno.test(`a store ${name} lets a client get the layer from another node`, async () => {
    const network = new MemoryNetwork();
    await using full = new TestNode({ store: image.store });
    network.open({ hosts: [`127.0.0.1:${full.listen("peers")}`] }).announce([image.layer.digest]);
    const router = network.open({ hosts: ["127.0.0.1:1"] });
    await using node = new TestNode({ store: faultyStore(faults), router });
    const response = await node.fetch(LAYER);
    assert.equal(response.status, 200);
    assert.deepEqual(await response.bytes(), image.layer.bytes);
  });
}

Deno.test("a store that never returns leads to 404 within the time for headers", async () => {
  await Promise.all((["describe", "sources", "open"] as const).map(async (method) => {
    await using node = new TestNode({ store: faultyStore({ [method]: hanging }) });
    const startMs = performance.now();
    const response = await node.handle(new Request(`http://127.0.0.1${LAYER}`));
    await response.body?.cancel();
    assert.equal(response.status, 404, method);
    assert(performance.now() - startMs < HEADERS_MS, method);
  }));
});

Deno.test("a store that heeds its signal leaves time to ask other nodes", async () => {
  const network = new MemoryNetwork();
  await using full = new TestNode({ store: image.store });
  network.open({ hosts: [`127.0.0.1:${full.listen("peers")}`] }).announce([image.layer.digest]);
  const describe: ContentReader["describe"] = (_, { signal } = {}) =>
    new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
  const router = network.open({ hosts: ["127.0.0.1:1"] });
  await using node = new TestNode({ store: faultyStore({ describe }), router });
  const response = await node.fetch(LAYER);
  assert.equal(response.status, 200);
  assert.deepEqual(await response.bytes(), image.layer.bytes);
});

for (const [name, end] of [["fails", "error"], ["ends early", "close"]] as const) {
  Deno.test(`a local body that ${name} is cut in order, after all that came before`, async () => {
    const bytes = image.layer.bytes.slice(0, 300_000);
    let sent = false;
    const open: ContentReader["open"] = () =>
      Promise.resolve(
        new ReadableStream({
          type: "bytes",
          pull(controller) {
            if (!sent) {
              sent = true;
              controller.enqueue(bytes.slice());
            } else if (end === "error") controller.error(new Error("Input/output error (os error 5)"));
            else {
              controller.close();
              controller.byobRequest?.respond(0);
            }
          },
        }, { highWaterMark: 0 }),
      );
    await using node = new TestNode({ store: faultyStore({ open }) });
    const answer = await rawHttp(node.listen(), [`GET ${LAYER} HTTP/1.1`, "Host: a", "Connection: close"]);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers["content-length"], String(image.layer.bytes.length));
    assert.deepEqual(answer.body, bytes);
    assert.equal(answer.end, "FIN");
  });
}
