import "../routing/dht/warm_up.ts";
import assert from "@std/assert";
import { sleep } from "../../src/core/deadline.ts";
import { patternBytes, storedImage } from "../registry/stored_image.ts";
import { CONTAINERD_AGENT } from "../registry/flight_nodes.ts";
import { MemoryStore } from "../../src/store/memory_store.ts";
import { findNode } from "../../src/status/node_client.ts";
import { parseListenAddress } from "../../src/core/listen_address.ts";
import { until } from "../support/until.ts";
import { acquainted, NEW, OLD, type SecretNode, SecretNodes } from "./secret_nodes.ts";

const NS = "ns=reg.example:5000";
const IMAGE_PATH = "/v2/team/app";

async function bytesOf(node: SecretNode, path: string): Promise<Uint8Array> {
  return await until(`${path} to be found`, async () => {
    const response = await node.get(path);
    const bytes = await response.bytes();
    return response.ok && bytes;
  });
}

const PAIRS: [name: string, has: string[], asks: string[]][] = [
  ["no secret", [], []],
  ["one secret", [OLD], [OLD]],
  ["a second one at one of them", [OLD, NEW], [OLD]],
  ["swapped ones", [NEW, OLD], [OLD, NEW]],
  ["the old one dropped at one of them", [NEW], [NEW, OLD]],
];

for (const [name, has, asks] of PAIRS) {
  for (const [one, other] of [[has, asks], [asks, has]] as const) {
    Deno.test(`nodes with ${name} give each other tags, digests and ranges (${one.length}, ${other.length})`, async () => {
      await using nodes = await SecretNodes.create();
      const image = await storedImage();
      const holder = await nodes.start(one, { store: image.store });
      const asker = await nodes.start(other, { others: [holder] });
      await acquainted(holder, asker);
      assert.deepEqual(await bytesOf(asker, `${IMAGE_PATH}/manifests/v1?${NS}`), image.index.bytes);
      assert.deepEqual(
        await bytesOf(asker, `${IMAGE_PATH}/manifests/${image.manifest.digest}?${NS}`),
        image.manifest.bytes,
      );
      const blob = `${IMAGE_PATH}/blobs/${image.layer.digest}?${NS}`;
      assert.deepEqual(await bytesOf(asker, blob), image.layer.bytes);
      const rest = await asker.get(blob, { headers: { range: "bytes=1000-" } });
      assert.deepEqual([rest.status, await rest.bytes()], [206, image.layer.bytes.slice(1000)]);
      assert.equal(await holder.metric("peili_refused_peer_requests_total"), 0);
      assert.equal(await holder.metric("peili_refused_peer_connections_total"), 0);
    });
  }
}

for (const [name, lines] of [["no secret", []], ["another secret", [NEW]]] as const) {
  Deno.test(`a node with ${name} gets nothing from the others, which say so`, async () => {
    await using nodes = await SecretNodes.create();
    const image = await storedImage();
    const holder = await nodes.start([OLD], { store: image.store });
    const member = await nodes.start([OLD], { others: [holder] });
    await acquainted(holder, member);
    const stranger = await nodes.start(lines, { others: [holder] });
    await until("it to be refused", async () => await holder.metric("peili_refused_peer_connections_total") > 0);
    for (const path of [`manifests/v1`, `manifests/${image.manifest.digest}`, `blobs/${image.layer.digest}`]) {
      const response = await stranger.get(`${IMAGE_PATH}/${path}?${NS}`);
      await response.body?.cancel();
      assert.equal(response.status, 404, path);
    }
    assert.equal(await stranger.metric("peili_peers"), 0);
    using client = await findNode(parseListenAddress(holder.metricsAddress));
    const { clusterSecret, members, refusedPeers, requests } = await client.status();
    assert.deepEqual([clusterSecret, members.map(({ id }) => id)], [true, [member.id]]);
    assert(refusedPeers > 0 && requests.recent.refusedPeers > 0);
    const { checks } = await client.checkPeers();
    assert.deepEqual(checks.map(({ id, result, back }) => [id, result, back?.reached]), [[member.id, "ok", true]]);
  });
}

Deno.test("a node with another secret announces its content in vain", async () => {
  await using nodes = await SecretNodes.create();
  const image = await storedImage();
  const member = await nodes.start([OLD]);
  const stranger = await nodes.start([NEW], { store: image.store, others: [member] });
  await until("it to be refused", async () => await member.metric("peili_refused_peer_connections_total") > 0);
  await sleep(500);
  const response = await member.get(`${IMAGE_PATH}/manifests/v1?${NS}`);
  await response.body?.cancel();
  assert.equal(response.status, 404);
  assert.equal(await stranger.metric("peili_refused_peer_requests_total"), 0, "it was not even asked");
});

Deno.test("nodes with a secret follow each other's downloads", async () => {
  await using nodes = await SecretNodes.create();
  const image = await storedImage();
  const store = new MemoryStore();
  const sources = [{ registry: "reg.example:5000", repository: "team/app" }];
  await store.put(image.manifest.bytes, { sources });
  const lead = await nodes.start([OLD], { store, flights: true });
  const follower = await nodes.start([OLD, NEW], { flights: true, others: [lead] });
  await acquainted(lead, follower);
  await bytesOf(follower, `${IMAGE_PATH}/manifests/${image.manifest.digest}?${NS}`);
  const blob = `${IMAGE_PATH}/blobs/${image.layer.digest}?${NS}`;
  const { layer: { bytes, digest } } = image;
  const ingest = store.receive(digest, { total: bytes.length });
  const init = { headers: { "user-agent": CONTAINERD_AGENT } };
  const told = await lead.get(blob, init);
  await told.body?.cancel();
  assert.equal(told.status, 404, "it is to download");
  ingest.append(bytes.slice(0, 300_000));
  const followed = await follower.get(blob, init);
  assert.equal(followed.status, 200);
  const reading = followed.bytes();
  ingest.append(bytes.slice(300_000));
  await ingest.commit();
  assert.deepEqual(await reading, patternBytes(bytes.length));
  assert.equal(await lead.metric("peili_refused_peer_requests_total"), 0);
  assert(await follower.metric("peili_bytes_total", { source: "flight" }) > 0);
});
