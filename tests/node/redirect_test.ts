import assert from "@std/assert";
import { DirectClient } from "../../src/http/direct_client.ts";
import { type Node, startNode } from "../../src/node/node.ts";
import type { NodeOptions } from "../../src/node/options.ts";
import { MemoryNetwork } from "../../src/routing/memory_router.ts";
import { MemoryStore } from "../../src/store/memory_store.ts";
import { httpText } from "../support/http_text.ts";
import { metricSum } from "../support/prometheus_text.ts";
import { tempDir } from "../support/temp_dir.ts";
import { until } from "../support/until.ts";
import { storedImage } from "../registry/stored_image.ts";

const IMAGE_PATH = "/v2/team/app";
const NS = "ns=reg.example:5000";
const CONTAINERD = "containerd/1.7.24~ds1";
const NEW_CONTAINERD = "containerd/v2.1.9";

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** A node that has the image, and one that has nothing and sends its clients there. */
async function stageOf(options: Partial<NodeOptions> = {}) {
  await using parts = new AsyncDisposableStack();
  const dir = parts.use(await tempDir());
  const secretFile = `${dir.path}/secret`;
  await Deno.writeTextFile(secretFile, "s".repeat(40));
  const image = await storedImage(2_000_001);
  const network = new MemoryNetwork();
  const start = async (store: MemoryStore): Promise<Node> => {
    const registryAddr = `127.0.0.1:${freePort()}`;
    const router = network.open({ hosts: [registryAddr] });
    const any = "127.0.0.1:0";
    return parts.use(
      await startNode({
        ...{ registryAddr, localAddr: any, metricsAddr: any, routerAddr: any, flights: false, shutdownGraceMs: 0 },
        ...{ clusterSecretFile: secretFile, peerTransfer: "redirect", mirrorResolveTimeoutMs: 2_000, ...options },
      }, { store, router }),
    );
  };
  const holder = await start(image.store);
  const asker = await start(new MemoryStore());
  const client = parts.use(new DirectClient());
  const get = (path: string, headers: Record<string, string> = { "user-agent": CONTAINERD }) =>
    client.fetch(path.startsWith("http") ? path : `http://${asker.localAddress}${IMAGE_PATH}/${path}?${NS}`, {
      headers,
    });
  const manifest = (headers?: Record<string, string>) =>
    until("the image", async () => {
      const response = await get(`manifests/${image.manifest.digest}`, headers);
      await response.body?.cancel();
      return response.ok;
    });
  await manifest();
  const owned = parts.move();
  return { ...image, holder, asker, get, manifest, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function redirected(node: Node): Promise<number> {
  return metricSum(await httpText(`http://${node.metricsAddress}/metrics`), "peili_redirected_bodies_total", {});
}

Deno.test("containerd is sent to the node that has a blob, once, and gets all of it there", async () => {
  await using stage = await stageOf();
  const { status, headers, body } = await stage.get(`blobs/${stage.layer.digest}`);
  await body?.cancel();
  assert.equal(status, 307);
  const location = headers.get("location") ?? "";
  assert(location.startsWith(`http://${stage.holder.registryAddress}${IMAGE_PATH}/blobs/`), location);
  assert.equal(await redirected(stage.asker), 1);

  const there = await stage.get(location);
  assert.equal(there.status, 200);
  assert.deepEqual(await there.bytes(), stage.layer.bytes);
  const again = await stage.get(location);
  assert.equal(again.status, 404, "a URL is good once");
  assert.match(await again.text(), /replayed/);
  const forged = await stage.get(location.replace(stage.layer.digest, stage.wide.digest));
  assert.equal(forged.status, 404);
  assert.match(await forged.text(), /forged/);
});

Deno.test("a blob that is asked for again is relayed, as the other node may have failed", async () => {
  await using stage = await stageOf();
  await (await stage.get(`blobs/${stage.layer.digest}`)).body?.cancel();
  const rest = await stage.get(`blobs/${stage.layer.digest}`, { "user-agent": CONTAINERD, range: "bytes=1000000-" });
  assert.equal(rest.status, 206);
  assert.deepEqual(await rest.bytes(), stage.layer.bytes.slice(1_000_000));
  const whole = await stage.get(`blobs/${stage.layer.digest}`);
  assert.equal(whole.status, 200);
  assert.deepEqual(await whole.bytes(), stage.layer.bytes);
});

const RELAYED: [name: string, headers: Record<string, string>][] = [
  ["a containerd before 1.7", { "user-agent": "containerd/1.6.20~ds1" }],
  ["a client that is no containerd", { "user-agent": "curl/8" }],
  ["a containerd that wants a part", { "user-agent": NEW_CONTAINERD, range: "bytes=5-" }],
];

for (const [name, headers] of RELAYED) {
  Deno.test(`${name} is given blobs by a relay`, async () => {
    await using stage = await stageOf();
    const response = await stage.get(`blobs/${stage.layer.digest}`, headers);
    assert.deepEqual(await response.bytes(), stage.layer.bytes.slice(headers.range ? 5 : 0));
    assert.equal(await redirected(stage.asker), 0);
  });
}

Deno.test("a containerd that fetches in parallel is given blobs by a relay", async () => {
  await using stage = await stageOf();
  await stage.manifest({ "user-agent": NEW_CONTAINERD, range: "bytes=0-" });
  const response = await stage.get(`blobs/${stage.layer.digest}`, { "user-agent": NEW_CONTAINERD, range: "bytes=0-" });
  assert.equal(response.status, 200);
  assert.deepEqual(await response.bytes(), stage.layer.bytes);
});

Deno.test("small blobs are given by a relay", async () => {
  await using stage = await stageOf();
  const response = await stage.get(`blobs/${stage.config.digest}`);
  assert.deepEqual(await response.bytes(), stage.config.bytes);
  assert.equal(await redirected(stage.asker), 0);
});

Deno.test("a node that relays sends nobody elsewhere, with a secret or without", async () => {
  for (
    const options of [{ peerTransfer: "relay" as const }, { peerTransfer: undefined, clusterSecretFile: undefined }]
  ) {
    await using stage = await stageOf(options);
    const response = await stage.get(`blobs/${stage.layer.digest}`);
    assert.deepEqual(await response.bytes(), stage.layer.bytes);
  }
});

Deno.test("a node that sends clients elsewhere does not start without a secret", async () => {
  await assert.rejects(stageOf({ clusterSecretFile: undefined }), (reason: unknown) => {
    assert(reason instanceof SyntaxError && reason.message.includes("--cluster-secret-file"));
    return true;
  });
});
