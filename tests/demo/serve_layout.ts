import { upstreamHandler } from "../support/upstream/upstream_handler.ts";
import type { UpstreamFault } from "../support/upstream/upstream_fault.ts";
import type { UpstreamStats } from "../support/upstream/upstream_stats.ts";

/** Looks at a request before the registry does; an answer of its own is given instead. */
export type Intercept = (request: Request) => Response | undefined;

/** A registry within the test's own process. */
export interface LayoutServer extends AsyncDisposable {
  /** Its `host:port`. */
  readonly address: string;
  /** Replaces what it does wrong. */
  setFaults(faults: UpstreamFault[]): Promise<void>;
  /** Returns what it has given away. */
  stats(): Promise<UpstreamStats>;
}

/** Serves an OCI image layout on loopback. */
export function serveLayout(layoutDir: string, intercept: Intercept = () => undefined): LayoutServer {
  const handler = upstreamHandler(layoutDir);
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
    onError: () => new Response(null, { status: 500 }),
  }, async (request) => intercept(request) ?? await handler(request));
  const address = `127.0.0.1:${server.addr.port}`;
  const ask = (path: string, init?: RequestInit) => handler(new Request(`http://${address}${path}`, init));
  return {
    address,
    async setFaults(faults) {
      await ask("/_faults", { method: "POST", body: JSON.stringify(faults) });
    },
    stats: async () => await (await ask("/_stats")).json(),
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
