import { getLogger } from "@logtape/logtape";
import { abortable, deadline } from "../core/deadline.ts";
import { errorMessage } from "../core/errors.ts";
import { withRecycledBody } from "./recycled_body.ts";
import { formatAddress, type ListenAddress } from "../core/listen_address.ts";

/** Answers one request. */
export type Handler = (request: Request, info: Deno.ServeHandlerInfo<Deno.NetAddr>) => Response | Promise<Response>;

/** How a {@linkcode listen} ends. */
export interface ListenOptions {
  /** How long bodies that are under way may go on after the listener is disposed of, in milliseconds. @default {0} */
  drainMs?: number;
}

/**
 * A running HTTP listener. Disposing of it refuses new requests with 503, lets running bodies finish for a while, then
 * ends them in order.
 */
export interface Listener extends AsyncDisposable {
  /** The bound address as `host:port`. */
  readonly address: string;
  /** The bound port. */
  readonly port: number;
}

const logger = getLogger(["peili", "http"]);

/** How long the connections may take to end once they were told to, in milliseconds. */
const END_MS = 1_000;

/**
 * Starts answering HTTP/1.1 requests.
 *
 * @throws the error of the system, such as `Deno.errors.AddrInUse`.
 */
export function listen(address: ListenAddress, handler: Handler, options: ListenOptions = {}): Listener {
  const { drainMs = 0 } = options;
  const abort = new AbortController();
  const running = new RunningRequests(handler);
  const server = serveOn(address.hostname ?? "::", address, abort.signal, running.handler);
  const { hostname, port } = server.addr;
  return {
    address: formatAddress(hostname, port),
    port,
    async [Symbol.asyncDispose]() {
      const drained = await running.drain(drainMs);
      // After a shutdown that waits, the server can no longer be told to end connections: so it comes last.
      if (drained) server.shutdown().catch(() => {});
      else {
        logger.info("Ending requests that still run on {address}", { address: formatAddress(hostname, port) });
        abort.abort();
      }
      await abortable(server.finished, deadline(END_MS)).catch(() => {});
    },
  };
}

/** Knows which requests are being answered, and answers no new one once it is told to drain. */
class RunningRequests {
  readonly handler: Handler;
  readonly #running = new Set<Promise<void>>();
  #draining = false;

  constructor(handler: Handler) {
    this.handler = (request, info) => {
      if (this.#draining) return new Response(null, { status: 503, headers: { connection: "close" } });
      const sent = info.completed.catch(() => {}).finally(() => this.#running.delete(sent));
      this.#running.add(sent);
      return answer(handler, request, info);
    };
  }

  /** Waits until every request is answered, or for `ms`. Returns whether all were. */
  async drain(ms: number): Promise<boolean> {
    this.#draining = true;
    if (this.#running.size === 0) return true;
    return await abortable(Promise.all(this.#running), deadline(ms)).then(() => true, () => false);
  }
}

async function answer(handler: Handler, ...[request, info]: Parameters<Handler>): Promise<Response> {
  try {
    return withRecycledBody(await handler(request, info));
  } catch (reason) {
    logger.error("Request failed: {reason}", { reason: errorMessage(reason) });
    return new Response(null, { status: 500 });
  }
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
        // Only bodies get here: their headers are sent, and whoever made the body has said why it ended.
        logger.debug("An answer ended early: {reason}", { reason: errorMessage(reason) });
        return new Response(null, { status: 500 });
      },
    }, handler);
  } catch (reason) {
    // A machine without IPv6 cannot bind the address of both families.
    if (hostname !== "::" || address.hostname !== undefined || reason instanceof Deno.errors.AddrInUse) throw reason;
    return serveOn("0.0.0.0", address, signal, handler);
  }
}
