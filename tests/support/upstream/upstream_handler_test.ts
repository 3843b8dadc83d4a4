import assert from "@std/assert";
import { buildImage, type BuiltImage } from "../image/build_image.ts";
import { type ContentDescriptor, OciLayout } from "../image/oci_layout.ts";
import { upstreamHandler } from "./upstream_handler.ts";
import type { UpstreamStats } from "./upstream_stats.ts";

interface Fixture extends AsyncDisposable {
  handler: ReturnType<typeof upstreamHandler>;
  ask(path: string, init?: RequestInit): Promise<Response>;
  image: BuiltImage;
  layer: ContentDescriptor;
}

async function makeUpstream(): Promise<Fixture> {
  const dir = await Deno.makeTempDir();
  const layout = await OciLayout.create(dir);
  const image = await buildImage(layout, { names: ["lib/app:v1"], layers: [{ sizeBytes: 600_000 }] });
  const layer = image.layers[0] ?? image.target;
  const handler = upstreamHandler(dir);
  return {
    handler,
    image,
    layer,
    ask: (path, init) => handler(new Request(`http://upstream${path}`, init)),
    [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }),
  };
}

Deno.test("upstreamHandler() serves tags, digests and ranges, and counts what it gave", async () => {
  await using upstream = await makeUpstream();
  const { layer } = upstream;
  const head = await upstream.ask("/v2/lib/app/manifests/v1", { method: "HEAD" });
  assert.equal(head.headers.get("docker-content-digest"), upstream.image.target.digest);
  const whole = await (await upstream.ask(`/v2/any/blobs/${layer.digest}`)).bytes();
  assert.equal(whole.byteLength, layer.size);
  const rest = await upstream.ask(`/v2/any/blobs/${layer.digest}`, { headers: { range: "bytes=500000-" } });
  assert.equal(rest.status, 206);
  assert.equal(rest.headers.get("content-range"), `bytes 500000-${layer.size - 1}/${layer.size}`);
  assert.deepEqual(await rest.bytes(), whole.slice(500_000));
  const stats: UpstreamStats = await (await upstream.ask("/_stats")).json();
  assert.equal(stats.requests, 3);
  assert.equal(stats.bytes, 2 * layer.size - 500_000);
  assert.deepEqual(stats.byReference[layer.digest], { heads: 0, gets: 2, bytes: stats.bytes });
});

Deno.test("upstreamHandler() answers 404 to what it does not have and 416 to what lies behind the end", async () => {
  await using upstream = await makeUpstream();
  assert.equal((await upstream.ask("/v2/lib/app/manifests/v2")).status, 404);
  assert.equal((await upstream.ask("/v2/lib/other/manifests/v1")).status, 404);
  const beyond = await upstream.ask(`/v2/lib/app/blobs/${upstream.image.config.digest}`, {
    headers: { range: `bytes=${upstream.image.config.size}-` },
  });
  assert.equal(beyond.status, 416);
});

Deno.test("upstreamHandler() does what its faults say, and nothing else once they are taken back", async () => {
  await using upstream = await makeUpstream();
  const path = `/v2/lib/app/blobs/${upstream.layer.digest}`;
  await upstream.ask("/_faults", {
    method: "POST",
    body: JSON.stringify([{ path: "/manifests/", status: 503 }, { path, cutAfterBytes: 300_000 }]),
  });
  assert.equal((await upstream.ask("/v2/lib/app/manifests/v1")).status, 503);
  await assert.rejects((await upstream.ask(path)).bytes(), /cut on purpose/);
  await upstream.ask("/_faults", { method: "POST", body: "[]" });
  const right = await (await upstream.ask(path)).bytes();
  assert.equal(right.byteLength, upstream.layer.size);
  await upstream.ask("/_faults", {
    method: "POST",
    body: JSON.stringify([{ from: "10.0.0.1", wrongByteAt: 300_000 }]),
  });
  assert.deepEqual(await (await upstream.ask(path)).bytes(), right);
  const remoteAddr = { transport: "tcp", hostname: "10.0.0.1", port: 1 } as const;
  const wrong = await (await upstream.handler(new Request(`http://upstream${path}`), { remoteAddr })).bytes();
  assert.deepEqual([...wrong.keys()].filter((index) => wrong[index] !== right[index]), [300_000]);
  const stats: UpstreamStats = await (await upstream.ask("/_stats")).json();
  assert.equal(stats.recent.at(-1)?.from, "10.0.0.1");
});
