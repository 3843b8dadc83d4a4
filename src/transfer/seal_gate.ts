import { getLogger } from "@logtape/logtape";
import type { Handler } from "../http/listener.ts";
import type { SealVerifier } from "../trust/request_seal.ts";
import { isSignedUrl, signedUrlProblem } from "../trust/signed_url.ts";

const logger = getLogger(["peili", "trust"]);

/**
 * Lets a handler answer requests with signed URLs only if their signature is good. Says 404 otherwise: containerd, which
 * was sent here, then goes to the next host.
 *
 * @param verifier Returns who checks them; nobody does as long as there is no secret.
 */
export function gateSignedUrls(handler: Handler, verifier: () => SealVerifier | undefined): Handler {
  return async (request, info) => {
    const current = isSignedUrl(request.url) ? verifier() : undefined;
    const problem = current && signedUrlProblem(current, request);
    if (problem === undefined) return await handler(request, info);
    logger.warn("Refusing a signed URL: it is {problem}", { problem, client: info.remoteAddr.hostname });
    const error = { code: "DENIED", message: `Cannot follow this URL: its signature is ${problem}` };
    return Response.json({ errors: [error] }, { status: 404 });
  };
}
