import assert from "@std/assert";
import { testClusters } from "./harness/test_clusters.ts";
import { CONTAINERD_GENERATIONS } from "./setup/tools.ts";

const KINDS = CONTAINERD_GENERATIONS.map((generation) => ({ generation }));

testClusters("containerd follows what is configured", KINDS, async ({ upstream, nodes: [a, b], image }, step) => {
  const app = await image("lib/app:v1");
  const hostsToml = `${b.containerd.paths.certsDir}/${upstream.address}/hosts.toml`;
  const own = `# our own\nserver = "${upstream.url}"\n[host."${upstream.url}"]\n  capabilities = ["pull", "resolve"]\n`;
  await a.pull("lib/app:v1");
  await b.serves("lib/app:v1", app);

  await step("a file for one registry, in front of what was configured for it", async () => {
    await b.cleanUp();
    await Deno.mkdir(hostsToml.slice(0, hostsToml.lastIndexOf("/")));
    await Deno.writeTextFile(hostsToml, own);
    await b.configure(`--mirrored-registries=${upstream.url}`, "--prepend-existing");
    const before = await b.peili.bytesGiven();
    await b.pull("lib/app:v1");
    assert.deepEqual(await b.bytesGivenSince(before), { local: 0, peer: app.totalBytes });
    await b.remove("lib/app:v1");
  });

  await step("cleaned up, containerd asks as it did before", async () => {
    await b.cleanUp();
    assert.equal(await Deno.readTextFile(hostsToml), own);
    await upstream.reset();
    const before = await b.peili.bytesGiven();
    await b.pull("lib/app:v1");
    assert.equal((await upstream.stats()).bytes, app.totalBytes);
    assert.deepEqual(await b.bytesGivenSince(before), { local: 0, peer: 0 });
    await b.remove("lib/app:v1");
  });

  await step("one file for all registries", async () => {
    await Deno.remove(`${b.containerd.paths.certsDir}/${upstream.address}`, { recursive: true });
    await b.configure();
    const before = await b.peili.bytesGiven();
    await b.pull("lib/app:v1");
    assert.deepEqual(await b.bytesGivenSince(before), { local: 0, peer: app.totalBytes });
    await b.remove("lib/app:v1");
  });

  await step("without tags, upstream says what a tag is, and peers give the rest", async () => {
    await b.configure(`--mirrored-registries=${upstream.url}`, "--resolve-tags=false");
    await upstream.reset();
    const before = await b.peili.bytesGiven();
    await b.pull("lib/app:v1");
    assert.deepEqual(await b.bytesGivenSince(before), { local: 0, peer: app.totalBytes });
    const { recent } = await upstream.stats();
    assert.deepEqual(recent.map(({ method, path }) => `${method} ${path}`), ["HEAD /v2/lib/app/manifests/v1"]);
  });
});
