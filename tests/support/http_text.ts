import { DirectClient } from "../../src/http/direct_client.ts";

/** How {@linkcode httpText} asks. */
export interface HttpTextOptions {
  /** Sent by `POST` if given. */
  body?: string;
  /** When the call gives up, in milliseconds. @default {5_000} */
  timeoutMs?: number;
}

/**
 * Asks a server of a test, past any proxy of the machine, and leaves no connection behind.
 *
 * @returns The body.
 * @throws {Error} If the status is not a success.
 */
export async function httpText(url: string, options: HttpTextOptions = {}): Promise<string> {
  const { body, timeoutMs = 5_000 } = options;
  using client = new DirectClient();
  const method = body === undefined ? "GET" : "POST";
  const response = await client.fetch(url, { method, body, signal: AbortSignal.timeout(timeoutMs) });
  const text = await response.text();
  if (!response.ok) throw new Error(`Cannot ${method} "${url}": status ${response.status} ${text.slice(0, 200)}`);
  return text;
}
