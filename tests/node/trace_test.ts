import assert from "@std/assert";
import { CONTAINERD_AGENT } from "../registry/flight_nodes.ts";
import { tempDir } from "../support/temp_dir.ts";
import { until } from "../support/until.ts";
import { startRegistry } from "./start_registry.ts";

/** A span as OpenTelemetry's exporter sends it in JSON. */
interface ExportedSpan {
  name: string;
  attributes: { key: string; value: Record<string, unknown> }[];
}

/** Takes what Deno exports, as a collector of OpenTelemetry does. */
function collector() {
  const spans: ExportedSpan[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const body = await request.json();
    for (const { scopeSpans } of body.resourceSpans ?? []) {
      for (const scope of scopeSpans) spans.push(...scope.spans);
    }
    return Response.json({});
  });
  return { spans, url: `http://127.0.0.1:${server.addr.port}`, [Symbol.asyncDispose]: () => server.shutdown() };
}

/** Has a node send its spans to a collector. */
function tracingTo({ url }: { url: string }): Record<string, string> {
  return {
    OTEL_DENO: "true",
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_BSP_SCHEDULE_DELAY: "100",
  };
}

Deno.test("a lookup and a claim are traced where OpenTelemetry is turned on", async () => {
  await using dir = await tempDir();
  await using traces = collector();
  await using registry = await startRegistry(dir.path, new Uint8Array(10), [], tracingTo(traces));
  const missing = `sha256:${"0".repeat(64)}`;
  const response = await fetch(`http://${registry.local}/v2/lib/app/blobs/${missing}?ns=registry.example`, {
    headers: { "user-agent": CONTAINERD_AGENT },
  });
  await response.body?.cancel();
  assert.equal(response.status, 404);
  const named = (name: string) => traces.spans.find((span) => span.name === name);
  const { attributes } = await until("the span of the lookup", () => named("peili.lookup"));
  const values = Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
  assert.deepEqual(values, { "peili.key": missing, "peili.found": false });
  const claim = await until("the span of the claim", () => named("peili.claim"));
  assert.deepEqual(claim.attributes.find(({ key }) => key === "peili.verdict")?.value, { stringValue: "alone" });
});

Deno.test("a relay is traced, with the node that gave the bytes", async () => {
  await using holderDir = await tempDir();
  await using askerDir = await tempDir();
  await using traces = collector();
  const bootstrap = `127.0.0.1:${freePort()}`;
  const from = ["--bootstrap-kind=http", `--http-bootstrap-url=http://${bootstrap}/id`];
  const blob = new Uint8Array(300_000).fill(7);
  await using holder = await startRegistry(holderDir.path, blob, [
    "--bootstrap-kind=http",
    `--http-bootstrap-addr=${bootstrap}`,
  ]);
  await using asker = await startRegistry(askerDir.path, new Uint8Array(10), from, tracingTo(traces));
  await until("the blob", async () => {
    const response = await fetch(`http://${asker.local}${holder.blobPath}`);
    return (await response.bytes()).length === blob.length;
  });
  const { attributes } = await until("the span of the relay", () => {
    return traces.spans.find(({ name }) => name === "peili.relay");
  });
  const values = Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
  assert.equal(values["peili.digest"], holder.digest);
  assert.equal(values["peili.complete"], true);
  const { id } = JSON.parse((await holder.process.logLines("Serving this node on"))[0] ?? "{}");
  assert.deepEqual(values["peili.sources"], { values: [{ stringValue: id }] });
});

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
