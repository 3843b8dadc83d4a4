import { parseContentRange } from "../http/byte_range.ts";
import type { DistributionPath } from "../oci/distribution_path.ts";
import type { PeerClient, PeerListener } from "../trust/peer_client.ts";
import { requestPeer } from "./peer_request.ts";

/** Which bytes of a blob are wanted, of how many: ends included. */
export interface BlobSpan {
  /** The first byte. */
  start: number;
  /** The last byte. */
  end: number;
  /** The size of the whole blob. */
  size: number;
}

/** Bytes of a blob as they come from one peer. */
export type BlobReader = ReadableStreamBYOBReader;

/** What {@linkcode openBlobSource} asks for. */
export interface OpenBlobSourceOptions extends BlobSpan {
  /**
   * Whether the peer may give what it is still downloading. Such a body brings bytes as they come, and fails when the
   * download does. @default {false}
   */
  flight?: boolean;
  /** Ends the request, and the body. */
  signal: AbortSignal;
}

/** Thrown for an answer that is about a blob of another size, or about other bytes of it: the peer is not to be believed. */
export class WrongAnswerError extends TypeError {
  override name = "WrongAnswerError";
}

/**
 * Opens bytes of a blob at a peer: all of it is answered with 200, anything else with 206.
 *
 * @throws {WrongAnswerError} If the peer's answer is about a blob of another size or other bytes.
 * @throws {PeerResponseError} If the peer's answer is no success.
 */
export async function openBlobSource(
  client: PeerClient,
  peer: PeerListener,
  path: DistributionPath,
  options: OpenBlobSourceOptions,
): Promise<BlobReader> {
  const { start, end, size, flight, signal } = options;
  const toEnd = end === size - 1;
  const whole = start === 0 && toEnd;
  const range = whole ? {} : toEnd ? { start } : { start, end };
  const response = await requestPeer(client, peer, path, { ...range, flight, signal });
  const reader = (response.body ?? new Blob().stream()).getReader({ mode: "byob" });
  if (lengthOf(response) === end - start + 1 && (whole || spanFits(response, options))) return reader;
  reader.cancel().catch(() => {});
  throw new WrongAnswerError(
    `Cannot use the answer of ${response.url}: it is not about bytes ${start}-${end} of ${size}`,
  );
}

/**
 * Asks a peer for the size of a blob.
 *
 * @returns The size in bytes.
 * @throws {TypeError} If the peer does not tell it.
 * @throws {PeerResponseError} If the peer's answer is no success.
 */
export async function fetchBlobSize(
  client: PeerClient,
  peer: PeerListener,
  path: DistributionPath,
  options: { signal: AbortSignal },
): Promise<number> {
  const response = await requestPeer(client, peer, path, { method: "HEAD", ...options });
  const size = lengthOf(response);
  if (size === undefined) throw new TypeError(`Cannot use the answer of ${response.url}: it has no length`);
  return size;
}

/** Returns the length of the body. It is that of the bytes as they are sent, so a compressed body shows here. */
function lengthOf(response: Response): number | undefined {
  const header = response.headers.get("content-length") ?? "";
  return /^\d{1,15}$/.test(header) ? Number(header) : undefined;
}

function spanFits(response: Response, { start, end, size }: BlobSpan): boolean {
  const range = parseContentRange(response.headers.get("content-range"));
  return range !== undefined && range.start === start && range.end === end && range.size === size;
}
