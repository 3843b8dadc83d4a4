/**
 * A registry as a process of its own: `main.ts <layout directory> <host> <port>`.
 *
 * It prints `listening on <host>:<port>` and ends with SIGTERM.
 *
 * @module
 */
import { upstreamHandler } from "./upstream_handler.ts";

if (import.meta.main) {
  const [layoutDir, hostname, port] = Deno.args;
  if (!layoutDir || !hostname || !port) {
    console.error("usage: main.ts <layout directory> <host> <port>");
    Deno.exit(2);
  }
  const server = Deno.serve({
    hostname,
    port: Number(port),
    onListen: (address) => console.log(`listening on ${address.hostname}:${address.port}`),
    onError: (reason) => {
      console.error(reason);
      return new Response(null, { status: 500 });
    },
  }, upstreamHandler(layoutDir));
  const stop = () => Deno.exit(0);
  Deno.addSignalListener("SIGTERM", stop);
  await server.finished;
}
