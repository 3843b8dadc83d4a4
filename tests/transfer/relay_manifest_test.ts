import assert from "@std/assert";
import { digestOf } from "../../src/oci/digest.ts";
import type { DistributionPath } from "../../src/oci/distribution_path.ts";
import { MANIFEST_MEDIA_TYPES, MEDIA_TYPE } from "../../src/oci/media_type.ts";
import { CandidatesExhaustedError } from "../../src/transfer/hedge.ts";
import { clockAhead } from "../support/clock_ahead.ts";
import { cut, endless, gzip, hangUp, ignoreRange, nonsense, refuse, serve, silence, stall } from "./behaviours.ts";
import { type Behaviour, FaultyPeer } from "./faulty_peer.ts";
import { BLOB_DIGEST, RelayFixture } from "./relay_fixture.ts";

const LAYER = { digest: BLOB_DIGEST, size: 4_711, mediaType: "application/vnd.oci.image.layer.v1.tar" };
const MANIFEST = new TextEncoder().encode(
  JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPE.ociManifest, config: {}, layers: [LAYER] }),
);
const OTHER = new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, manifests: [] }));
const NO_MANIFEST = new TextEncoder().encode(`{"architecture":"amd64"}`);
const DIGEST = await digestOf(MANIFEST);
const DIGEST_512 = await digestOf(MANIFEST, "sha512");
const TAG = "reg.example/a:v1";

const IMAGE = { registry: "reg.example", repository: "a", kind: "manifests" } as const;
const BY_TAG: DistributionPath = { ...IMAGE, tag: "v1" };
const BY_DIGEST: DistributionPath = { ...IMAGE, digest: DIGEST };

/** Starts one peer for each row of content and behaviours, and a relay that finds them in this order. */
async function relayFrom(rows: [content: Uint8Array<ArrayBuffer>, ...behaviours: Behaviour[]][], keys = [DIGEST, TAG]) {
  await using parts = new AsyncDisposableStack();
  const peers: FaultyPeer[] = [];
  for (const [content, ...behaviours] of rows) {
    peers.push(parts.use(await FaultyPeer.start(content, ...behaviours)));
  }
  const relay = parts.use(new RelayFixture({ providers: peers.map(({ host }) => [host]), keys }));
  const owned = parts.move();
  return { relay, peers, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

const named = serve({ "docker-content-digest": DIGEST });

Deno.test("a manifest is got by digest, verified, and its layers are remembered", async () => {
  await using stage = await relayFrom([[MANIFEST, serve({ "content-type": "text/plain" })]]);
  const { digest, mediaType, bytes } = await stage.relay.manifests.get(BY_DIGEST);
  assert.deepEqual([digest, mediaType], [DIGEST, MEDIA_TYPE.ociManifest], "the peer's word on the type is not taken");
  assert.deepEqual(bytes, MANIFEST);
  assert.equal(stage.relay.descriptors.size(BLOB_DIGEST), 4_711);
  const { headers } = stage.peers[0]?.requests[0] ?? {};
  assert.equal(headers?.accept, MANIFEST_MEDIA_TYPES.join(", "));
  assert.equal(headers?.["x-spegel-mirrored"], "true");
});

Deno.test("a manifest is got by tag, and its digest is the one that the peer names and the bytes have", async () => {
  await using stage = await relayFrom([[MANIFEST, named]]);
  assert.equal((await stage.relay.manifests.get(BY_TAG)).digest, DIGEST);
});

Deno.test("a manifest with a sha512 digest is verified as such", async () => {
  await using stage = await relayFrom([[OTHER, serve()], [MANIFEST, serve()]], [DIGEST_512]);
  const { digest, bytes } = await stage.relay.manifests.get({ ...IMAGE, digest: DIGEST_512 });
  assert.equal(digest, DIGEST_512);
  assert.deepEqual(bytes, MANIFEST);
});

const UNUSABLE: [name: string, content: Uint8Array<ArrayBuffer>, behaviour: Behaviour][] = [
  ["has another digest", OTHER, serve()],
  ["has another digest, and claims the right one", OTHER, named],
  ["is cut in order", MANIFEST, cut("FIN", 20)],
  ["is cut by a reset", MANIFEST, cut("RST", 20)],
  ["stalls", MANIFEST, stall(20)],
  ["never comes", MANIFEST, silence()],
  ["has no end", MANIFEST, endless()],
  ["comes compressed", MANIFEST, gzip()],
  ["says 404", MANIFEST, refuse(404)],
  ["says 500", MANIFEST, refuse(500)],
  ["is no HTTP", MANIFEST, nonsense()],
  ["hangs up", MANIFEST, hangUp("RST")],
];

for (const [name, content, behaviour] of UNUSABLE) {
  Deno.test(`a manifest is got from the next peer when the answer of one ${name}`, async () => {
    await using stage = await relayFrom([[content, behaviour], [MANIFEST, serve()]]);
    assert.deepEqual((await stage.relay.manifests.get(BY_DIGEST)).bytes, MANIFEST);
  });
}

const UNUSABLE_TAGS: [name: string, content: Uint8Array<ArrayBuffer>, behaviour: Behaviour][] = [
  ["names no digest", MANIFEST, serve()],
  ["names a malformed digest", MANIFEST, serve({ "docker-content-digest": "sha256:1" })],
  ["names a digest that its bytes do not have", OTHER, named],
  ["is no manifest", NO_MANIFEST, serve({ "docker-content-digest": await digestOf(NO_MANIFEST) })],
  ["is of another kind", MANIFEST, ignoreRange()],
];

for (const [name, content, behaviour] of UNUSABLE_TAGS) {
  Deno.test(`a tag is got from the next peer when the answer of one ${name}`, async () => {
    await using stage = await relayFrom([[content, behaviour], [MANIFEST, named]]);
    assert.equal((await stage.relay.manifests.get(BY_TAG)).digest, DIGEST);
  });
}

Deno.test("a peer that gives a manifest with another digest is not asked for that one again", async () => {
  await using stage = await relayFrom([[OTHER, serve()], [MANIFEST, refuse(404), serve()]]);
  const { manifests } = stage.relay;
  await assert.rejects(manifests.get(BY_DIGEST), CandidatesExhaustedError);
  using _clock = clockAhead(60_000); // it has failed, too, which is forgiven by then
  assert.deepEqual((await manifests.get(BY_DIGEST)).bytes, MANIFEST);
  assert.deepEqual(stage.peers.map(({ requests }) => requests.length), [1, 2]);
});

Deno.test("a manifest that no peer can give fails", async () => {
  await using stage = await relayFrom([[OTHER, serve()], [MANIFEST, refuse(404)]]);
  await assert.rejects(stage.relay.manifests.get(BY_DIGEST), CandidatesExhaustedError);
});

Deno.test("a manifest is kept for its own repository, and asked for once", async () => {
  await using stage = await relayFrom([[MANIFEST, serve()]]);
  const peer = stage.peers[0];
  await stage.relay.manifests.get(BY_DIGEST);
  await stage.relay.manifests.get(BY_DIGEST);
  assert.equal(peer?.requests.length, 1);
  peer?.behaviours.splice(0, 1, refuse(404));
  await assert.rejects(stage.relay.manifests.get({ ...BY_DIGEST, repository: "b" }), CandidatesExhaustedError);
  assert.equal(peer?.requests.length, 2, "another repository is for the peer to judge");
});

Deno.test("a manifest by tag is asked for every time, as tags move", async () => {
  await using stage = await relayFrom([[MANIFEST, named]]);
  await stage.relay.manifests.get(BY_TAG);
  await stage.relay.manifests.get(BY_TAG);
  await stage.relay.manifests.get(BY_DIGEST);
  assert.equal(stage.peers[0]?.requests.length, 2);
});

Deno.test("a caller's abort ends the getting of a manifest", async () => {
  await using stage = await relayFrom([[MANIFEST, silence()]]);
  await assert.rejects(stage.relay.manifests.get(BY_DIGEST, { signal: AbortSignal.timeout(50) }), {
    name: "TimeoutError",
  });
});
