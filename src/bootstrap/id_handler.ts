import type { BootstrapCandidate } from "./bootstrapper.ts";

/**
 * Answers `GET /id` with where this node can be reached, as Spegel's `http` bootstrap does:
 * `[{"ID":"12D3…","Addrs":["/ip4/10.0.0.7/tcp/5001"]}]`.
 *
 * @param self Tells this node's own id and addresses, asked anew for every request.
 */
export function idHandler(self: () => BootstrapCandidate): (request: Request) => Response {
  return (request) => {
    if (new URL(request.url).pathname !== "/id") return new Response(null, { status: 404 });
    if (request.method !== "GET" && request.method !== "HEAD") {
      return new Response(null, { status: 405, headers: { allow: "GET, HEAD" } });
    }
    const { id = "", addrs } = self();
    return Response.json([{ ID: id, Addrs: addrs }]);
  };
}
