import type { Handler } from "../http/listener.ts";
import type { Uploads } from "./uploads.ts";

/** When a peer that was refused may come back, in seconds: the shortest that can be said. */
const RETRY_AFTER_SECONDS = 1;

/**
 * Lets a handler answer other nodes' requests for blobs only as far as this node's limits allow, and says 503 otherwise:
 * the asker goes to another node at once. Manifests are small, and nothing can begin without them.
 *
 * @param isPeer Tells whether a request comes from another node.
 */
export function gateUploads(
  handler: Handler,
  { uploads, isPeer }: { uploads: Uploads; isPeer: (request: Request) => boolean },
): Handler {
  return async (request, info) => {
    const peer = info.remoteAddr.hostname;
    if (!/\/blobs\/[^/]*$/.test(pathOf(request)) || !isPeer(request)) return await handler(request, info);
    // Whoever asks for the head is about to ask for the body, or to send somebody here for it.
    if (request.method !== "GET") return uploads.hasRoomFor(peer) ? await handler(request, info) : refusal();
    const upload = uploads.admit(peer);
    if (!upload) return refusal();
    info.completed.catch(() => {}).finally(() => upload[Symbol.dispose]());
    return upload.paced(await handler(request, info));
  };
}

/** The URL may be none: a malformed `Host` header leads to such. */
function pathOf({ url }: Request): string {
  return url.split("?", 1)[0] ?? "";
}

function refusal(): Response {
  const error = { code: "TOOMANYREQUESTS", message: "Cannot give this now: the node gives as much as it may" };
  const headers = { "retry-after": String(RETRY_AFTER_SECONDS) };
  return Response.json({ errors: [error] }, { status: 503, headers });
}
