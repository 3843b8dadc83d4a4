import { getLogger } from "@logtape/logtape";
import { errorMessage, isAbort } from "../core/errors.ts";
import { RangeNotSatisfiableError } from "../http/byte_range.ts";
import { DistributionError } from "../oci/distribution_error.ts";

const logger = getLogger(["peili", "registry"]);

/**
 * Turns anything that a handler throws into its answer: the only place where an error gets a status.
 *
 * - {@linkcode DistributionError}: its status, with the JSON body of the distribution-spec.
 * - {@linkcode RangeNotSatisfiableError}: 416 with the size.
 * - everything else is a fault of this node, and is answered 404 like content that nobody has: containerd then goes
 *   upstream, and a broken mirror breaks no pull.
 */
export function errorResponse(reason: unknown): Response {
  if (reason instanceof DistributionError) return distributionResponse(reason);
  if (reason instanceof RangeNotSatisfiableError) {
    return new Response(null, { status: 416, headers: { "content-range": `bytes */${reason.size}` } });
  }
  if (!isAbort(reason)) logger.warn("Request failed: {reason}", { reason: errorMessage(reason) });
  return distributionResponse(
    new DistributionError("NAME_UNKNOWN", "Cannot serve this now: the mirror has a fault", { cause: reason }),
  );
}

function distributionResponse({ code, message, detail, status, headers }: DistributionError): Response {
  const error = detail === undefined ? { code, message } : { code, message, detail };
  return Response.json({ errors: [error] }, { status, headers });
}
