import type { Handler } from "../http/listener.ts";
import type { Metrics } from "../metrics/metrics.ts";

/** Answers `/metrics` in the text format of Prometheus. */
export function metricsHandler(metrics: Metrics): Handler {
  return async (request) => {
    if (!URL.canParse(request.url)) return new Response(null, { status: 400 });
    if (new URL(request.url).pathname !== "/metrics") return new Response(null, { status: 404 });
    if (request.method !== "GET" && request.method !== "HEAD") {
      return new Response(null, { status: 405, headers: { allow: "GET, HEAD" } });
    }
    return new Response(await metrics.registry.metrics(), {
      headers: { "content-type": metrics.registry.contentType },
    });
  };
}
