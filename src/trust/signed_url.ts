import type { SharedSecret } from "./cluster_secret.ts";
import {
  formatSeal,
  parseSeal,
  type SealedRequest,
  type SealProblem,
  sealRequest,
  type SealVerifier,
} from "./request_seal.ts";

/** The parameter that holds the seal: always the last one. */
const SEAL_PARAMETER = "peili-seal";
const SEALED_REGEXP = new RegExp(`^(.*)[?&]${SEAL_PARAMETER}=([^?&]*)$`);

/**
 * Adds a seal to a URL, so that whoever follows it can ask one peer for one thing, once and soon.
 *
 * @param url The URL at the peer; it stays as it is. `nowMs` is the time there.
 */
export function signUrl(
  secret: SharedSecret,
  url: URL,
  { peer, method, range, nowMs }: Omit<SealedRequest, "target"> & { peer: string; nowMs?: number },
): URL {
  const target = `${url.pathname}${url.search}`;
  const seal = formatSeal(sealRequest(secret, { method, target, range, peer }, nowMs));
  return new URL(`${target}${url.search === "" ? "?" : "&"}${SEAL_PARAMETER}=${seal}`, url);
}

/** Returns whether a URL has a seal, or something in its place. */
export function isSignedUrl(url: string): boolean {
  return SEALED_REGEXP.test(url);
}

/**
 * Checks a request whose URL has a seal.
 *
 * @returns What is wrong with it, if anything.
 */
export function signedUrlProblem(verifier: SealVerifier, request: Request): SealProblem | undefined {
  const match = SEALED_REGEXP.exec(request.url);
  const seal = parseSeal(match?.[2] ?? "");
  const target = requestTarget(match?.[1] ?? "");
  if (!seal || target === undefined) return "forged";
  return verifier.problem({ method: request.method, target, range: request.headers.get("range") }, seal);
}

/** Returns path and query of a request as they were sent, or undefined for a URL that is none. */
export function requestTarget(url: string): string | undefined {
  return /^[a-z]+:\/\/[^/?]*(\/.*)$/is.exec(url)?.[1];
}
