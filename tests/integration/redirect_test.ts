import assert from "@std/assert";
import { MIB } from "../../src/core/units.ts";
import { tempDir } from "../support/temp_dir.ts";
import { startCluster } from "./harness/cluster.ts";
import { missingForIntegration } from "./setup/missing.ts";

const ignore = await missingForIntegration() !== undefined;

/** Flags of nodes that send their containerd to other nodes, with a secret in a file. */
async function redirectFlags(dir: string): Promise<string[]> {
  await Deno.writeTextFile(`${dir}/secret`, "0123456789abcdef".repeat(4));
  return ["--peer-transfer=redirect", `--cluster-secret-file=${dir}/secret`];
}

for (const generation of ["1.7", "2"] as const) {
  Deno.test({
    name: `containerd ${generation} follows a redirect to the node that has a layer`,
    ignore,
    fn: async () => {
      await using dir = await tempDir();
      await using cluster = await startCluster({ generation, peiliFlags: await redirectFlags(dir.path) });
      const { upstream, nodes: [a, b], image } = cluster;
      const name = "lib/app:v1";
      const app = await image(name, { layers: [{ sizeBytes: 8 * MIB, compression: "none" }, { sizeBytes: 1_000 }] });
      await a.pull(name);
      await b.serves(name, app);
      await upstream.reset();
      await b.pull(name);
      assert.equal(await b.peili.metric("peili_redirected_bodies_total"), 1, await cluster.logTails());
      assert.equal((await upstream.stats()).requests, 0);
      assert.ok((await b.peili.bytesGiven()).peer < MIB, "the layer was to come past this node");
      assert.ok(await a.peili.bytesUploaded() >= app.totalBytes);
      assert.deepEqual(await b.containerd.blobsOnDisk(), app.content.map(({ digest }) => digest).sort());
    },
  });
}

Deno.test({
  name: "a node that sends clients elsewhere does not start on containerd 1.6",
  ignore,
  fn: async () => {
    await using dir = await tempDir();
    const peiliFlags = await redirectFlags(dir.path);
    await assert.rejects(
      startCluster({ generation: "1.6", peiliFlags }),
      /containerd is 1\.6.*expected 1\.7 or newer/s,
    );
  },
});
