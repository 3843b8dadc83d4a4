import assert from "@std/assert";
import { clockEnvironment } from "../support/clock_environment.ts";
import { httpText } from "../support/http_text.ts";
import { metricSum } from "../support/prometheus_text.ts";
import { tempDir } from "../support/temp_dir.ts";
import { until } from "../support/until.ts";
import { patternBytes } from "../registry/stored_image.ts";
import { startRegistry } from "./start_registry.ts";
import { OLD } from "./secret_nodes.ts";

const ignore = await clockEnvironment("+1m") === undefined;
if (ignore) console.warn("left out: nodes with wrong clocks, for which libfaketime is needed");

for (const [has, asks] of [["+10m", "+0"], ["+0", "+10m"], ["-3h", "+0"], ["+0", "-90s"]] as const) {
  Deno.test({
    name: `nodes with a secret get through to each other with clocks at ${has} and ${asks}`,
    ignore,
    fn: async () => {
      await using holderDir = await tempDir();
      await using askerDir = await tempDir();
      const blob = patternBytes(300_001);
      const secretFile = `${holderDir.path}/secret`;
      await Deno.writeTextFile(secretFile, OLD);
      const flags = [`--cluster-secret-file=${secretFile}`, "--mirror-resolve-timeout=2s", "--log-level=info"];
      const bootstrap = freePort();
      await using holder = await startRegistry(holderDir.path, blob, [
        ...flags,
        "--bootstrap-kind=http",
        `--http-bootstrap-addr=127.0.0.1:${bootstrap}`,
      ], await clockEnvironment(has));
      await using asker = await startRegistry(askerDir.path, new Uint8Array(1), [
        ...flags,
        "--bootstrap-kind=http",
        `--http-bootstrap-url=http://127.0.0.1:${bootstrap}/id`,
      ], await clockEnvironment(asks));
      const got = await until(
        "the blob of the other node",
        async () => await httpText(`http://${asker.local}${holder.blobPath}`).catch(() => undefined),
      );
      assert.equal(got, new TextDecoder().decode(blob));
      const [serving = ""] = await holder.process.logLines("Serving this node on");
      const metrics = await httpText(`http://${JSON.parse(serving).metrics}/metrics`);
      assert.equal(metricSum(metrics, "peili_refused_peer_requests_total", { kind: "late" }), 1, "the first one");
      assert.equal(metricSum(metrics, "peili_refused_peer_requests_total"), 1);
    },
  });
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
