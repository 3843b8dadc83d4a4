import assert from "@std/assert";
import { pullImage } from "../../demo/client/pull_image.ts";
import { MIB } from "../../src/core/units.ts";
import type { Digest } from "../../src/oci/digest.ts";
import { blobPath } from "../../src/store/blob_path.ts";
import { ContentMismatchError } from "../../src/store/blob_writer.ts";
import { openLayoutStore } from "../../src/store/oci_layout/store.ts";
import { LayoutWriter } from "../../src/store/oci_layout/writer.ts";
import { buildImage, type BuiltImage } from "../support/image/build_image.ts";
import { OciLayout } from "../support/image/oci_layout.ts";
import { type Intercept, type LayoutServer, serveLayout } from "./serve_layout.ts";

const LAYER_BYTES = 2 * MIB;

/** A mirror and a registry with an image, and an empty store. */
interface Fixture extends AsyncDisposable {
  image: BuiltImage;
  mirror: LayoutServer;
  registry: LayoutServer;
  /** Where the pull goes to. */
  root: string;
  pull(options?: { mirror?: string }): Promise<void>;
}

async function fixture(atMirror?: Intercept): Promise<Fixture> {
  await using parts = new AsyncDisposableStack();
  const dir = await Deno.makeTempDir();
  parts.defer(() => Deno.remove(dir, { recursive: true }));
  const layout = await OciLayout.create(`${dir}/upstream`);
  const image = await buildImage(layout, {
    names: ["demo/app:v1"],
    layers: [{ sizeBytes: LAYER_BYTES }, { sizeBytes: 1_000 }],
  });
  const mirror = parts.use(serveLayout(layout.dir, atMirror));
  const registry = parts.use(serveLayout(layout.dir));
  const root = `${dir}/store`;
  const owned = parts.move();
  return {
    image,
    mirror,
    registry,
    root,
    async pull(options = {}) {
      const store = await LayoutWriter.open(root);
      await pullImage({
        mirror: mirror.address,
        registry: registry.address,
        repository: "demo/app",
        tag: "v1",
        store,
        ...options,
      });
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function assertPulled({ root, registry, image }: Fixture): Promise<void> {
  await using store = await openLayoutStore(root);
  assert.equal(await store.resolve(`${registry.address}/demo/app:v1`), image.manifest.digest);
  for (const { digest, size } of image.content) assert.equal((await store.describe(digest)).size, size);
}

async function isThere(root: string, digest: Digest): Promise<boolean> {
  return await Deno.stat(blobPath(root, digest)).then(() => true, () => false);
}

function isGetOf(request: Request, digest: string | undefined): boolean {
  return request.method === "GET" && request.url.includes(digest ?? "no digest");
}

Deno.test("pullImage() asks the registry for nothing that the mirror has", async () => {
  await using pulled = await fixture();
  await pulled.pull();
  await assertPulled(pulled);
  assert.equal((await pulled.registry.stats()).requests, 0);
  assert.equal((await pulled.mirror.stats()).bytes, pulled.image.totalBytes);
});

Deno.test("pullImage() tells the mirror which registry it stands in for, and the registry not", async () => {
  const seen: string[] = [];
  await using pulled = await fixture((request) => {
    seen.push(new URL(request.url).searchParams.get("ns") ?? "");
    return new Response(null, { status: 404 });
  });
  await pulled.pull();
  assert.deepEqual(new Set(seen), new Set([pulled.registry.address]));
  assert.equal((await pulled.registry.stats()).bytes, pulled.image.totalBytes);
  await assertPulled(pulled);
});

Deno.test("pullImage() goes to the registry when the mirror does not run", async () => {
  await using pulled = await fixture();
  await pulled.mirror[Symbol.asyncDispose]();
  await pulled.pull();
  await assertPulled(pulled);
});

Deno.test("pullImage() asks the mirror again, from the byte that it reached, when a body ends early", async () => {
  await using pulled = await fixture();
  const [layer] = pulled.image.layers;
  await pulled.mirror.setFaults([{ path: layer?.digest, cutAfterBytes: MIB }]);
  await pulled.pull();
  await assertPulled(pulled);
  const { recent } = await pulled.mirror.stats();
  const ranges = recent.filter(({ path }) => path.endsWith(`/${layer?.digest}`)).map(({ range }) => range);
  assert.deepEqual(ranges, [null, `bytes=${MIB}-`, `bytes=${2 * MIB}-`]);
  assert.equal((await pulled.registry.stats()).requests, 0);
});

Deno.test("pullImage() goes on at the registry, from the byte that it reached, when the mirror has no more", async () => {
  let openings = 0;
  const lost: { digest?: Digest } = {};
  await using pulled = await fixture((request) =>
    isGetOf(request, lost.digest) && ++openings > 1 ? new Response(null, { status: 404 }) : undefined
  );
  const [layer] = pulled.image.layers;
  lost.digest = layer?.digest;
  await pulled.mirror.setFaults([{ path: layer?.digest, cutAfterBytes: MIB }]);
  await pulled.pull();
  await assertPulled(pulled);
  const { recent, bytes } = await pulled.registry.stats();
  assert.deepEqual(recent.map(({ range }) => range), [`bytes=${MIB}-`]);
  assert.equal(bytes, (layer?.size ?? 0) - MIB);
});

Deno.test("pullImage() gives up when bodies keep ending without a byte", async () => {
  await using pulled = await fixture();
  const [layer] = pulled.image.layers;
  await pulled.mirror.setFaults([{ path: layer?.digest, cutAfterBytes: 0 }]);
  await assert.rejects(pulled.pull(), /Cannot read on/);
  assert.equal((await pulled.mirror.stats()).byReference[layer?.digest ?? ""]?.gets, 4);
});

Deno.test("pullImage() throws ContentMismatchError for wrong bytes, and keeps neither them nor the name", async () => {
  const wrong: { digest?: Digest } = {};
  await using pulled = await fixture((request) =>
    isGetOf(request, wrong.digest) ? new Response(new Uint8Array(LAYER_BYTES)) : undefined
  );
  const [layer] = pulled.image.layers;
  wrong.digest = layer?.digest;
  await assert.rejects(pulled.pull(), ContentMismatchError);
  assert.equal(await isThere(pulled.root, layer?.digest ?? "sha256:"), false);
  await assert.rejects(Deno.stat(`${pulled.root}/index.json`), Deno.errors.NotFound);
});

Deno.test("pullImage() says who was asked when nobody has the image", async () => {
  await using pulled = await fixture(() => new Response(null, { status: 404 }));
  await pulled.registry.setFaults([{ status: 503 }]);
  await assert.rejects(pulled.pull(), (reason: Error) => {
    assert.match(reason.message, /^Cannot get "manifests\/v1" of "demo\/app": .* answered 404, .* answered 503$/);
    return true;
  });
});
