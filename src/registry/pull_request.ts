import { DistributionError } from "../oci/distribution_error.ts";
import { type DistributionPath, parseDistributionPath } from "../oci/distribution_path.ts";
import { parseContainerdVersion } from "../store/containerd_version.ts";
import { FLIGHT_HEADER, MIRRORED_HEADER } from "../transfer/peer_request.ts";
import { isSealed } from "../transfer/seal_gate.ts";
import { followsRedirects } from "./follows_redirects.ts";

/** What the `User-Agent` of containerd begins with, in every version. */
const CONTAINERD_AGENT = "containerd/";

/** A request for a manifest or a blob. */
export interface PullRequest {
  /** What is asked for. */
  path: DistributionPath;
  /** Whether only the headers are wanted. */
  head: boolean;
  /** The `Range` header of a GET; a HEAD has none. */
  range: string | null;
  /** Whether another mirror asks, or a client that was sent here by one, which must be served from local content only. */
  mirrored: boolean;
  /** Whether that mirror takes part in a flight, so that content which is still on its way will do. */
  follows: boolean;
  /** Whether it is a containerd that asks: one that goes upstream when it is told to, and keeps what it gets. */
  containerd: boolean;
  /** Whether it can be sent to another node. */
  redirectable: boolean;
  /** Aborts when the client goes away before the answer is complete. */
  signal: AbortSignal;
}

/**
 * Reads the URL of a request.
 *
 * @throws {DistributionError} If the `Host` header makes it no URL.
 */
export function requestUrl(request: Request): URL {
  try {
    return new URL(request.url);
  } catch (cause) {
    throw new DistributionError("NAME_INVALID", "Cannot read the request: its Host header is malformed", { cause });
  }
}

/**
 * Refuses methods that a pull-only registry does not have.
 *
 * @throws {DistributionError} `UNSUPPORTED`, status 405, unless the method is GET or HEAD.
 */
export function checkMethod({ method }: Request): void {
  if (method === "GET" || method === "HEAD") return;
  throw new DistributionError("UNSUPPORTED", `Cannot answer method "${method.slice(0, 40)}": expected GET or HEAD`, {
    headers: { allow: "GET, HEAD" },
  });
}

/**
 * Reads a pull request.
 *
 * @throws {DistributionError} If its path is malformed.
 */
export function parsePullRequest(request: Request, url: URL): PullRequest {
  const head = request.method === "HEAD";
  const agent = request.headers.get("user-agent") ?? "";
  const containerd = agent.startsWith(CONTAINERD_AGENT);
  const version = containerd ? parseContainerdVersion(agent) : undefined;
  return {
    path: parseDistributionPath(url),
    head,
    range: head ? null : request.headers.get("range"),
    mirrored: request.headers.get(MIRRORED_HEADER) === "true" || isSealed(request),
    follows: request.headers.has(FLIGHT_HEADER),
    containerd,
    redirectable: version !== undefined && followsRedirects(version),
    signal: request.signal,
  };
}
