import "../routing/dht/warm_up.ts";
import assert from "@std/assert";
import { startNode } from "../../src/node/node.ts";
import { MemoryNetwork } from "../../src/routing/memory_router.ts";
import { MemoryStore } from "../../src/store/memory_store.ts";
import { parseClusterSecret } from "../../src/trust/cluster_secret.ts";
import { SEAL_HEADER } from "../../src/trust/peer_client.ts";
import { formatSeal, sealRequest } from "../../src/trust/request_seal.ts";
import { IMAGE_NAME, storedImage } from "../registry/stored_image.ts";
import { httpText } from "../support/http_text.ts";
import { tempDir } from "../support/temp_dir.ts";
import { NEW, OLD, SecretNodes } from "./secret_nodes.ts";

const NS = "ns=reg.example:5000";

/** A node with a secret and an image, and somebody who can seal requests to it. */
async function stage(options: { registryCompat?: boolean } = {}) {
  await using parts = new AsyncDisposableStack();
  const nodes = parts.use(await SecretNodes.create());
  const image = await storedImage();
  const node = await nodes.start([OLD], { store: image.store, ...options });
  const path = `/v2/team/app/blobs/${image.layer.digest}?${NS}`;
  const seal = (
    change: { peer?: string; method?: string; target?: string; range?: string; line?: string; ms?: number },
  ) => {
    const { peer = node.id, method = "GET", target = path, range = null, line = OLD, ms = Date.now() } = change;
    return formatSeal(sealRequest({ keys: parseClusterSecret(line) }, { peer, method, target, range }, ms));
  };
  const ask = async (
    target: string,
    { headers = {}, ...init }: RequestInit & { headers?: Record<string, string> } = {},
  ) => {
    const response = await node.get(`http://${node.registryAddress}${target}`, { ...init, headers });
    return { status: response.status, body: await response.text() };
  };
  const refused = (kind: string) => node.metric("peili_refused_peer_requests_total", { kind });
  const owned = parts.move();
  return { node, image, path, seal, ask, refused, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

type Stage = Awaited<ReturnType<typeof stage>>;

const REFUSED: [
  name: string,
  kind: string,
  ask: (stage: Stage) => [target: string, init: RequestInit & { headers?: Record<string, string> }],
][] = [
  ["no proof", "unsigned", ({ path }) => [path, {}]],
  ["what Spegel's nodes send", "unsigned", ({ path }) => [path, { headers: { "x-spegel-mirrored": "true" } }]],
  ["no proof, for a manifest", "unsigned", ({ image }) => [`/v2/team/app/manifests/${image.index.digest}?${NS}`, {}]],
  ["no proof, for a tag", "unsigned", () => [`/v2/team/app/manifests/v1?${NS}`, {}]],
  ["no proof, for the end point itself", "unsigned", () => ["/v2/", {}]],
  ["no proof, for nothing", "unsigned", () => ["/metrics", { method: "POST" }]],
  ["something in its place", "forged", ({ path }) => [path, { headers: { [SEAL_HEADER]: "x" } }]],
  ["proof of another secret", "forged", ({ path, seal }) => [path, sealed(seal({ line: NEW }))]],
  ["proof for another node", "forged", ({ path, seal }) => [path, sealed(seal({ peer: "another" }))]],
  ["proof for another method", "forged", ({ path, seal }) => [path, { ...sealed(seal({})), method: "HEAD" }]],
  ["proof for another path", "forged", ({ seal }) => [`/v2/team/app/manifests/v1?${NS}`, sealed(seal({}))]],
  ["proof for another query", "forged", ({ path, seal }) => [`${path}0`, sealed(seal({}))]],
  ["proof for no range", "forged", ({ path, seal }) => [path, sealed(seal({}), { range: "bytes=1-" })]],
  [
    "proof for another range",
    "forged",
    ({ path, seal }) => [path, sealed(seal({ range: "bytes=0-" }), { range: "bytes=1-" })],
  ],
  ["old proof", "late", ({ path, seal }) => [path, sealed(seal({ ms: Date.now() - 70_000 }))]],
  ["proof from the future", "late", ({ path, seal }) => [path, sealed(seal({ ms: Date.now() + 70_000 }))]],
];

function sealed(seal: string, more: Record<string, string> = {}) {
  return { headers: { [SEAL_HEADER]: seal, ...more } };
}

for (const [name, kind, ask] of REFUSED) {
  Deno.test(`the listener for nodes has nothing for a request with ${name}, and counts it`, async () => {
    await using made = await stage();
    assert.deepEqual(await made.ask(...ask(made)), { status: 404, body: "" });
    assert.equal(await made.refused(kind), 1);
    assert.equal(await made.node.metric("peili_refused_peer_requests_total"), 1);
    assert.equal(await made.node.metric("peili_uploaded_bytes_total"), 0);
  });
}

Deno.test("the listener for nodes answers a request with proof, once", async () => {
  await using made = await stage();
  const { ask, path, seal, image } = made;
  const init = sealed(seal({ range: "bytes=1-" }), { range: "bytes=1-" });
  const { status, body } = await ask(path, init);
  assert.deepEqual([status, body.length > 0], [206, true]);
  assert.deepEqual(await ask(path, init), { status: 404, body: "" });
  assert.equal(await made.refused("replayed"), 1);
  const head = { ...sealed(seal({ method: "HEAD" })), method: "HEAD" };
  assert.equal((await ask(path, head)).status, 200);
  assert.equal(image.layer.bytes.length - 1, await made.node.metric("peili_uploaded_bytes_total"));
});

Deno.test("whoever probes the listener for nodes hears whether the node is ready, and no more", async () => {
  await using made = await stage();
  for (const path of ["/readyz", "/livez"]) assert.deepEqual(await made.ask(path), { status: 200, body: "" });
  assert.equal(await made.node.metric("peili_refused_peer_requests_total"), 0);
  assert.equal(JSON.parse(await httpText(`http://${made.node.localAddress}/readyz`)).status, "degraded");
});

Deno.test("the listener for containerd asks for no proof", async () => {
  await using made = await stage();
  const response = await made.node.get(made.path);
  assert.deepEqual([response.status, await response.bytes()], [200, made.image.layer.bytes]);
});

Deno.test("a containerd of the same machine is answered among nodes where it is to be", async () => {
  await using made = await stage({ registryCompat: true });
  assert.equal((await made.ask(made.path)).status, 200);
  assert.equal((await made.ask(made.path, sealed(made.seal({})))).status, 200);
});

Deno.test("a tag that somebody names who does not know the secret is not used", async () => {
  await using dir = await tempDir();
  await using parts = new AsyncDisposableStack();
  const image = await storedImage();
  const asked: string[] = [];
  const impostor = parts.use(Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, ({ url }) => {
    asked.push(new URL(url).pathname);
    const headers = { "docker-content-digest": image.index.digest, "content-type": image.index.mediaType };
    return new Response(image.index.bytes, { headers });
  }));
  await Deno.writeTextFile(`${dir.path}/secret`, OLD);
  const network = new MemoryNetwork();
  network.open({ hosts: [`127.0.0.1:${impostor.addr.port}`] }).announce([`${IMAGE_NAME}:v1`, image.index.digest]);
  const any = "127.0.0.1:0";
  const answers: number[] = [];
  for (const clusterSecretFile of [`${dir.path}/secret`, undefined]) {
    const router = parts.use(network.open({ hosts: ["127.0.0.1:1"] }));
    const node = parts.use(
      await startNode({
        ...{ localAddr: any, registryAddr: any, metricsAddr: any, routerAddr: any, flights: false, shutdownGraceMs: 0 },
        ...{ clusterSecretFile, mirrorResolveTimeoutMs: 2_000 },
      }, { store: new MemoryStore(), router }),
    );
    for (const name of [image.index.digest, "v1"]) {
      answers.push(await localStatus(node.localAddress, `/v2/team/app/manifests/${name}?${NS}`));
    }
  }
  assert.deepEqual(answers, [200, 404, 200, 200], "a digest checks itself, and without a secret everybody is believed");
  assert.deepEqual(asked.map((path) => path.endsWith("/v1")), [false, true, false, true]);
});

async function localStatus(address: string, path: string): Promise<number> {
  return await httpText(`http://${address}${path}`).then(() => 200, () => 404);
}
