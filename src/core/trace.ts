import { type Attributes, type Span, SpanStatusCode, trace } from "@opentelemetry/api";
import { errorMessage, isAbort } from "./errors.ts";

/** What a span carries, by OpenTelemetry's names where there are any. */
export type TraceAttributes = Attributes;

/** Something that takes a while and is being traced. */
export type TraceSpan = Pick<Span, "setAttribute" | "addEvent">;

/** Where all spans of Peili come from. Without `OTEL_DENO=true` it makes spans that cost nothing and go nowhere. */
const tracer = trace.getTracer("peili");

/**
 * Runs a function within a span, which is the parent of those that the function begins.
 *
 * @throws what the function throws; the span tells it, unless it is only the end of a call that was cancelled.
 */
export async function traced<T>(
  name: string,
  attributes: TraceAttributes,
  run: (span: TraceSpan) => Promise<T>,
): Promise<T> {
  return await tracer.startActiveSpan(name, { attributes }, async (span) => {
    try {
      return await run(span);
    } catch (reason) {
      if (!isAbort(reason)) span.setStatus({ code: SpanStatusCode.ERROR, message: errorMessage(reason) });
      throw reason;
    } finally {
      span.end();
    }
  });
}

/** A span that ends where its caller says. */
export interface OpenSpan extends TraceSpan {
  /** Ends the span. */
  end(): void;
}

/** Begins a span for something that goes on after the function that began it has returned, such as a body. */
export function beginSpan(name: string, attributes: TraceAttributes): OpenSpan {
  return tracer.startSpan(name, { attributes });
}

/** Ends the span of a body that was read from other nodes. */
export function endBodySpan(
  span: OpenSpan,
  { complete, sources }: { complete: boolean; sources: Iterable<string> },
): void {
  span.setAttribute("peili.complete", complete);
  span.setAttribute("peili.sources", [...sources]);
  span.end();
}
