import type { Handler } from "../http/listener.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { PEER_CHECKS_PATH, STATUS_PATH } from "../status/node_status.ts";
import type { StatusReporter } from "./status_reporter.ts";

/** What is answered on the metrics listener. */
export interface MetricsPages {
  /** The instruments. */
  metrics: Metrics;
  /** Tells how the node is; `undefined` while it starts. */
  reporter?: Pick<StatusReporter, "report" | "checkPeers">;
}

/** Answers `/metrics` in the text format of Prometheus, and `/status` and `/status/peers` in JSON. */
export function metricsHandler(pages: MetricsPages): Handler {
  return async (request) => {
    const page = pageOf(request, pages);
    if (page === undefined) return new Response(null, { status: URL.canParse(request.url) ? 404 : 400 });
    if (request.method !== "GET" && request.method !== "HEAD") {
      return new Response(null, { status: 405, headers: { allow: "GET, HEAD" } });
    }
    return await page();
  };
}

function pageOf({ url }: Request, { metrics, reporter }: MetricsPages): (() => Promise<Response>) | undefined {
  switch (URL.parse(url)?.pathname) {
    case "/metrics":
      return async () =>
        new Response(await metrics.registry.metrics(), { headers: { "content-type": metrics.registry.contentType } });
    case STATUS_PATH:
      return () => json(reporter?.report());
    case PEER_CHECKS_PATH:
      return () => json(reporter?.checkPeers());
  }
}

async function json(answer: Promise<unknown> | undefined): Promise<Response> {
  if (answer === undefined) return Response.json({ status: "starting" }, { status: 503 });
  return Response.json(await answer, { headers: { "cache-control": "no-store" } });
}
