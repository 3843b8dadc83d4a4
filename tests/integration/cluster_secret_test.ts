import assert from "@std/assert";
import { DirectClient } from "../../src/http/direct_client.ts";
import { tempDir } from "../support/temp_dir.ts";
import { startCluster } from "./harness/cluster.ts";
import { PEILI_PORTS } from "./harness/peili.ts";
import { missingForIntegration } from "./setup/missing.ts";

const ignore = await missingForIntegration() !== undefined;

for (const generation of ["1.6", "2"] as const) {
  Deno.test({
    name: `containerd ${generation} pulls through nodes that share a secret, and nobody else gets anything`,
    ignore,
    fn: async () => {
      await using dir = await tempDir();
      await Deno.writeTextFile(`${dir.path}/secret`, "0123456789abcdef".repeat(4));
      const peiliFlags = [`--cluster-secret-file=${dir.path}/secret`];
      await using cluster = await startCluster({ generation, peiliFlags });
      const { upstream, nodes: [a, b, c], image } = cluster;
      const name = "lib/app:v1";
      const app = await image(name);
      await a.pull(name);
      await b.serves(name, app);
      await upstream.reset();
      await b.pull(name);
      await c.pull(name);
      assert.deepEqual(await b.peili.bytesGiven(), { local: 0, peer: app.totalBytes }, await cluster.logTails());
      assert.equal((await upstream.stats()).requests, 0);
      for (const { peili } of [a, b, c]) assert.equal(await peili.metric("peili_refused_peer_requests_total"), 0);

      const origin = `http://${a.network.address}:${PEILI_PORTS.registry}`;
      using stranger = new DirectClient();
      for (const digest of app.content.map(({ digest }) => digest)) {
        const response = await stranger.fetch(`${origin}/v2/lib/app/blobs/${digest}?ns=${upstream.address}`);
        assert.deepEqual([response.status, await response.text()], [404, ""]);
      }
      assert.equal(await a.peili.metric("peili_refused_peer_requests_total", { kind: "unsigned" }), app.content.length);
    },
  });
}
