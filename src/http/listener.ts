import { getLogger } from "@logtape/logtape";
import { abortable, deadline } from "../core/deadline.ts";
import { errorMessage } from "../core/errors.ts";
import { formatAddress, type ListenAddress } from "../core/listen_address.ts";

/** Answers one request. */
export type Handler = (request: Request, info: Deno.ServeHandlerInfo<Deno.NetAddr>) => Response | Promise<Response>;

/** How a {@linkcode listen} ends. */
export interface ListenOptions {
  /** How long bodies that are under way may go on after the listener is disposed of, in milliseconds. @default {0} */
  drainMs?: number;
}

/** A running HTTP listener. Disposing of it stops accepting, lets running bodies finish for a while, then ends them. */
export interface Listener extends AsyncDisposable {
  /** The bound address as `host:port`. */
  readonly address: string;
  /** The bound port. */
  readonly port: number;
}

const logger = getLogger(["peili", "http"]);

/** How long the ends of the remaining connections may take once they were told to stop, in milliseconds. */
const ABORT_MS = 1_000;

/**
 * Starts answering HTTP/1.1 requests.
 *
 * @throws the error of the system, such as `Deno.errors.AddrInUse`.
 */
export function listen(address: ListenAddress, handler: Handler, options: ListenOptions = {}): Listener {
  const { drainMs = 0 } = options;
  const abort = new AbortController();
  const server = serveOn(address.hostname ?? "::", address, abort.signal, handler);
  const { hostname, port } = server.addr;
  return {
    address: formatAddress(hostname, port),
    port,
    async [Symbol.asyncDispose]() {
      const stopped = server.shutdown();
      try {
        await abortable(stopped, deadline(drainMs));
      } catch {
        logger.info("Ending connections that are still open on {address}", { address: formatAddress(hostname, port) });
        abort.abort();
        await abortable(server.finished, deadline(ABORT_MS)).catch(() => {});
      }
    },
  };
}

function serveOn(
  hostname: string,
  address: ListenAddress,
  signal: AbortSignal,
  handler: Handler,
): Deno.HttpServer<Deno.NetAddr> {
  try {
    return Deno.serve({
      hostname,
      port: address.port,
      signal,
      onListen: () => {},
      onError: (reason) => {
        logger.error("Request failed: {reason}", { reason: errorMessage(reason) });
        return new Response(null, { status: 500 });
      },
    }, handler);
  } catch (reason) {
    // A machine without IPv6 cannot bind the address of both families.
    if (hostname !== "::" || address.hostname !== undefined || reason instanceof Deno.errors.AddrInUse) throw reason;
    return serveOn("0.0.0.0", address, signal, handler);
  }
}
