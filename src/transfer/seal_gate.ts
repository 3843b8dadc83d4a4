import { getLogger } from "@logtape/logtape";
import { Seldom } from "../core/seldom.ts";
import type { Handler } from "../http/listener.ts";
import { ANSWER_HEADER, SEAL_HEADER } from "../trust/peer_client.ts";
import { parseSeal, type SealCheck, type SealProblem, type SealVerifier } from "../trust/request_seal.ts";
import { isSignedUrl, requestTarget, signedUrlProblem } from "../trust/signed_url.ts";

/** Paths that tell how a node is; a kubelet that probes them has no secret. */
const OPEN_PATHS: readonly string[] = ["/readyz", "/livez"];

/** Why a request is refused. */
export type Refusal = SealProblem | "unsigned";

/** What {@linkcode gateSeals} asks. */
export interface SealGateOptions {
  /** Returns who checks seals; nobody does as long as there is no secret. */
  verifier(): SealVerifier | undefined;
  /** Tells whether a request that is not sealed is answered all the same. */
  isTrusted(request: Request, info: Deno.ServeHandlerInfo<Deno.NetAddr>): boolean;
  /** Hears of each request that is refused. */
  onRefused(why: Refusal): void;
}

const logger = getLogger(["peili", "trust"]);

/**
 * Has a handler answer only requests with proof of the cluster secret, in a header or in a signed URL, and signs the digest
 * that its answer names. Says 404 otherwise, as if there were nothing.
 */
export function gateSeals(handler: Handler, options: SealGateOptions): Handler {
  const said = new Seldom();
  return async (request, info) => {
    const verifier = options.verifier();
    if (!verifier) return await handler(request, info);
    const refuse = (why: Refusal): Response => {
      const client = info.remoteAddr.hostname;
      options.onRefused(why);
      if (said.isNews(`${client} ${why}`)) logger.warn("Refusing a request of {client}: it is {why}", { client, why });
      return isSignedUrl(request.url) ? deniedUrl(why) : new Response(null, { status: 404 });
    };
    if (isSignedUrl(request.url)) {
      const problem = signedUrlProblem(verifier, request);
      return problem ? refuse(problem) : await handler(request, info);
    }
    const checked = checkHeader(verifier, request);
    if (checked?.problem === undefined && checked) return signed(await handler(request, info), checked);
    if (options.isTrusted(request, info)) return await handler(request, info);
    if (OPEN_PATHS.includes(URL.parse(request.url)?.pathname ?? "")) return withoutBody(await handler(request, info));
    return refuse(checked?.problem ?? "unsigned");
  };
}

/** Returns whether a request claims to be sealed: it comes from another node then, or from a client that one sent here. */
export function isSealed(request: Request): boolean {
  return request.headers.has(SEAL_HEADER) || isSignedUrl(request.url);
}

function checkHeader(verifier: SealVerifier, request: Request): SealCheck | undefined {
  const text = request.headers.get(SEAL_HEADER);
  if (text === null) return undefined;
  const [seal, target] = [parseSeal(text), requestTarget(request.url)];
  if (!seal || target === undefined) return { problem: "forged" };
  return verifier.check({ method: request.method, target, range: request.headers.get("range") }, seal);
}

function signed(response: Response, { signer }: Extract<SealCheck, { problem?: undefined }>): Response {
  const digest = response.headers.get("docker-content-digest");
  if (response.ok && digest !== null) response.headers.set(ANSWER_HEADER, signer(digest));
  return response;
}

/** The body tells how many nodes there are. */
async function withoutBody(response: Response): Promise<Response> {
  await response.body?.cancel();
  return new Response(null, { status: response.status });
}

/** containerd, which was sent here by a URL, writes the reason into its log and goes to the next host. */
function deniedUrl(why: Refusal): Response {
  const error = { code: "DENIED", message: `Cannot follow this URL: its signature is ${why}` };
  return Response.json({ errors: [error] }, { status: 404 });
}
