import assert from "@std/assert";
import { type Handler, listen } from "../../src/http/listener.ts";
import { observe } from "../../src/http/observe.ts";
import { Metrics } from "../../src/metrics/metrics.ts";
import { rawHttp } from "../support/raw_http.ts";
import { until } from "../support/until.ts";

/** Sends one request to an observed handler, and returns all series that are not zero. */
async function observed(requestLine: string, answer: Handler): Promise<string[]> {
  const metrics = new Metrics();
  const handler = observe(answer, metrics, {
    label: (pathname) => pathname.startsWith("/v2/") ? "/v2/*" : "other",
    listener: "local",
  });
  await using listener = listen({ hostname: "127.0.0.1", port: 0 }, handler);
  await rawHttp(listener.port, [`${requestLine} HTTP/1.1`, "Host: a b", "Connection: close"]);
  const inflight = async () => (await metrics.httpInflight.get()).values.every(({ value }) => value === 0);
  await until("the end of the request", inflight);
  const text = await metrics.registry.metrics();
  return text.split("\n").filter((line) =>
    /^http_\w+_(count|sum)\{/.test(line) && !line.includes("duration_seconds_sum")
  );
}

Deno.test("observe() counts, times and measures requests by handler, method and code", async () => {
  const lines = await observed(
    "GET /v2/a/blobs/b?ns=c",
    () => new Response("12345", { headers: { "content-length": "5" } }),
  );
  assert.deepEqual(lines, [
    `http_request_duration_seconds_count{handler="/v2/*",method="GET",code="200"} 1`,
    `http_response_size_bytes_sum{handler="/v2/*",method="GET",code="200"} 5`,
    `http_response_size_bytes_count{handler="/v2/*",method="GET",code="200"} 1`,
  ]);
});

Deno.test("observe() puts made-up methods and paths together, as every label costs memory", async () => {
  const lines = await observed("FROB /secret/path", () => new Response(null, { status: 404 }));
  assert.equal(lines[0], `http_request_duration_seconds_count{handler="other",method="other",code="404"} 1`);
  assert(!lines.join().includes("secret"));
});
