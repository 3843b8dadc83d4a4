import type { CallOptions } from "../core/call_options.ts";
import { ERROR_BODY_MAX_BYTES } from "../core/limits.ts";
import { SECOND_MS } from "../core/units.ts";
import { type DistributionPath, peerPath } from "../oci/distribution_path.ts";
import { MANIFEST_MEDIA_TYPES } from "../oci/media_type.ts";
import { readBounded } from "../http/read_bounded.ts";
import type { PeerClient, PeerListener } from "../trust/peer_client.ts";

/** Tells a peer that the request comes from a mirror: it must answer from its own content only. */
export const MIRRORED_HEADER = "X-Spegel-Mirrored";

/** Asks a peer for content that it is still downloading itself, beside what it has. */
export const FLIGHT_HEADER = "X-Peili-Flight";

/** Thrown for an answer of a peer that is no success. */
export class PeerResponseError extends Error {
  override name = "PeerResponseError";
  /** The HTTP status. */
  readonly status: number;

  /** For how long the peer, which is full, is to be left alone, in milliseconds; undefined when it says no such thing. */
  readonly retryAfterMs: number | undefined;

  /** @param request Method and URL. @param body The beginning of the answer's body. */
  constructor(request: string, status: number, body: string, options: { retryAfterMs?: number } = {}) {
    super(`Cannot use the answer to ${request}: status ${status}${body === "" ? "" : `, ${body.slice(0, 500)}`}`);
    this.status = status;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** What is asked of a peer beside the object. */
export interface PeerRequestOptions extends CallOptions {
  /** @default {"GET"} */
  method?: "GET" | "HEAD";
  /** Asks for the bytes from here on. */
  start?: number;
  /** The last byte that is asked for. @default all that follow */
  end?: number;
  /** Whether a download that the peer has not completed will do. @default {false} */
  flight?: boolean;
}

/**
 * Asks one peer for an object, as Spegel's nodes ask each other.
 *
 * @returns The successful answer, its body unread. Aborting the signal ends the body too.
 * @throws {PeerResponseError} If the peer's answer is no success, or no partial content where that was asked for.
 * @throws {TypeError} If the connection fails, or what the answer to a tag says is not signed where there is a secret.
 */
export async function requestPeer(
  client: PeerClient,
  peer: PeerListener,
  path: DistributionPath,
  options: PeerRequestOptions = {},
): Promise<Response> {
  const { method = "GET", start, end, flight = false, signal } = options;
  const target = peerPath(path);
  const headers = new Headers({
    "accept-encoding": "identity", // a coded body would not match offsets
    "user-agent": "peili",
    [MIRRORED_HEADER]: "true",
  });
  if (path.kind === "manifests") headers.set("accept", MANIFEST_MEDIA_TYPES.join(", "));
  if (flight) headers.set(FLIGHT_HEADER, "1");
  const partial = start !== undefined || end !== undefined;
  if (partial) headers.set("range", `bytes=${start ?? 0}-${end ?? ""}`);
  const response = await client.fetch(peer, target, { method, headers, signal, signedAnswer: path.tag !== undefined });
  if (response.status === (partial ? 206 : 200)) return response;
  const text = await readBounded(response.body, ERROR_BODY_MAX_BYTES).then(decode, () => "");
  throw new PeerResponseError(`${method} http://${peer.host}${target}`, response.status, text, {
    retryAfterMs: retryAfterMs(response),
  });
}

/** Only a node of ours that is full says when to come back; one that starts or stops does not. */
function retryAfterMs({ status, headers }: Response): number | undefined {
  const seconds = headers.get("retry-after") ?? "";
  return status === 503 && /^\d{1,6}$/.test(seconds) ? Number(seconds) * SECOND_MS : undefined;
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).replaceAll(/\s+/g, " ").trim();
}
