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

Deno.test("a lookup is traced where OpenTelemetry is turned on", async () => {
  await using dir = await tempDir();
  await using traces = collector();
  await using registry = await startRegistry(dir.path, new Uint8Array(10), [], {
    OTEL_DENO: "true",
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_EXPORTER_OTLP_ENDPOINT: traces.url,
    OTEL_BSP_SCHEDULE_DELAY: "100",
  });
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
