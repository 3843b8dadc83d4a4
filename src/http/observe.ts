import { getLogger } from "@logtape/logtape";
import { SECOND_MS } from "../core/units.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Handler } from "./listener.ts";

/** How requests are told apart in metrics. */
export interface ObserveOptions {
  /** Returns the label of the handler that a path belongs to: a pattern, never the path itself. */
  label(pathname: string): string;
  /** Which listener it is, for log lines. */
  listener: string;
}

/** Methods that get a label of their own; a client can make up any other. */
const METHODS = ["GET", "HEAD"];

const logger = getLogger(["peili", "http"]);

/** Counts and times the requests of a handler, and writes one line about each at debug level. */
export function observe(handler: Handler, metrics: Metrics, options: ObserveOptions): Handler {
  return async (request, info) => {
    const { pathname, search } = splitUrl(request.url);
    const handlerLabel = options.label(pathname);
    const inflight = metrics.httpInflight.labels(handlerLabel);
    const startMs = performance.now();
    inflight.inc();
    info.completed.catch(() => {}).finally(() => inflight.dec());
    const response = await handler(request, info);
    const seconds = (performance.now() - startMs) / SECOND_MS;
    const method = METHODS.includes(request.method) ? request.method : "other";
    const labels = { handler: handlerLabel, method, code: String(response.status) };
    const length = Number(response.headers.get("content-length") ?? 0);
    metrics.httpDuration.observe(labels, seconds);
    metrics.httpResponseSize.observe(labels, length);
    logger.debug("{method} {path} {status}", {
      listener: options.listener,
      method,
      path: `${pathname}${search}`,
      status: response.status,
      length,
      range: request.headers.get("range"),
      ms: Math.round(seconds * SECOND_MS * 100) / 100,
      client: info.remoteAddr.hostname,
      agent: request.headers.get("user-agent"),
    });
    return response;
  };
}

/** Splits a URL that may not be one: a malformed `Host` header leads to such. */
function splitUrl(url: string): { pathname: string; search: string } {
  const match = /^[a-z]+:\/\/[^/?]*([^?]*)(\?.*)?$/is.exec(url);
  return { pathname: match?.[1] || "/", search: match?.[2] ?? "" };
}
