import { abortable } from "../core/deadline.ts";
import { SECOND_MS } from "../core/units.ts";

/**
 * How long the headers of an answer may take, whatever happens, in milliseconds.
 *
 * containerd waits for headers for ever in most versions, and goes upstream only once it is answered.
 */
const HEADERS_TIMEOUT_MS = 5 * SECOND_MS;

/** How {@linkcode headersInTime} is bounded. */
export interface HeadersInTimeOptions {
  /** Aborts when the client goes away. */
  signal: AbortSignal;
  /** How long the headers may take, in milliseconds. @default {5_000} */
  timeoutMs?: number;
}

/**
 * Waits for an answer, but not for long. Its body may take any time.
 *
 * @param answer Makes the answer. Its signal follows the client's, and aborts when the time for headers is over.
 * @throws {DOMException} `TimeoutError` once the time is over, even when `answer` does not heed its signal.
 * @throws whatever `answer` throws.
 */
export async function headersInTime(
  answer: (signal: AbortSignal) => Promise<Response>,
  options: HeadersInTimeOptions,
): Promise<Response> {
  const { signal, timeoutMs = HEADERS_TIMEOUT_MS } = options;
  const late = new AbortController();
  const timer = setTimeout(() => {
    late.abort(new DOMException(`Cannot answer: it took more than ${timeoutMs} ms`, "TimeoutError"));
  }, timeoutMs);
  const answering = answer(AbortSignal.any([signal, late.signal]));
  try {
    return await abortable(answering, late.signal);
  } catch (reason) {
    answering.then((response) => response.body?.cancel()).catch(() => {}); // it comes too late to be sent
    throw reason;
  } finally {
    clearTimeout(timer);
  }
}
