import { lookup } from "node:dns/promises";
import { getLogger } from "@logtape/logtape";
import type { CallOptions } from "../core/call_options.ts";
import { abortable, deadline, sleep } from "../core/deadline.ts";
import { errorMessage } from "../core/errors.ts";
import { formatAddress } from "../core/listen_address.ts";
import { MINUTE_MS, SECOND_MS } from "../core/units.ts";
import { DirectClient } from "../http/direct_client.ts";

/** The name and port under which the cleanups of all nodes are found. */
export interface ProbeEndpoint {
  /** A host name, or an IP address without brackets. */
  host: string;
  /** The TCP port. */
  port: number;
}

/** How {@linkcode waitForCleanup} waits. */
export interface WaitForCleanupOptions extends CallOptions {
  /** How often in a row all of them must be ready: a name may take a while to have all of its addresses. @default {3} */
  threshold?: number;
  /** From the start of one round to the start of the next, in milliseconds. @default {2_000} */
  periodMs?: number;
  /** When it is given up, in milliseconds. @default {1_800_000} */
  timeoutMs?: number;
  /** Returns the addresses of a host. @default what the system's resolver says */
  resolve?: (host: string) => Promise<string[]>;
}

/** How many are asked at once. */
const CONCURRENCY = 10;
/** How long one of them may take to answer, in milliseconds. */
const PROBE_TIMEOUT_MS = SECOND_MS;
/** How long a name server may take: longer than the two attempts of 5 s that resolvers make by default. */
const RESOLVE_TIMEOUT_MS = 12 * SECOND_MS;

const ENDPOINT_REGEXP = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]{1,254})):(\d{1,5})$/;

const logger = getLogger(["peili", "hosts"]);

/**
 * Reads `--probe-endpoint`: `name:port`, `ip:port` or `[ipv6]:port`.
 *
 * @throws {SyntaxError} If the text is no such endpoint.
 */
export function parseProbeEndpoint(text: string): ProbeEndpoint {
  const [, address, name, port] = ENDPOINT_REGEXP.exec(text) ?? [];
  const host = address ?? name;
  if (host === undefined || !(Number(port) >= 1 && Number(port) <= 65_535)) {
    throw new SyntaxError(`Cannot probe "${text.slice(0, 300)}": expected host:port`);
  }
  return { host, port: Number(port) };
}

/**
 * Waits until the cleanup has come to its end on every node: all addresses that the endpoint resolves to answer 200 to
 * `GET /readyz`, several times in a row.
 *
 * @throws {RangeError} If an option is out of range.
 * @throws {Error} If that takes too long; the last thing that was in the way is its cause.
 */
export async function waitForCleanup(endpoint: ProbeEndpoint, options: WaitForCleanupOptions = {}): Promise<void> {
  const { threshold = 3, periodMs = 2 * SECOND_MS, timeoutMs = 30 * MINUTE_MS, signal } = options;
  if (!(threshold >= 1)) throw new RangeError(`Cannot wait as threshold must be >= 1: current value is ${threshold}`);
  if (!(periodMs > 0)) throw new RangeError(`Cannot wait as periodMs must be > 0: current value is ${periodMs}`);
  const { resolve = resolveBySystem } = options;
  const until = deadline(timeoutMs, signal);
  using client = new DirectClient();
  let cause: unknown;
  try {
    for (let ready = 0; ready < threshold;) {
      const nextAt = Date.now() + periodMs;
      try {
        const addresses = await abortable(resolve(endpoint.host), deadline(RESOLVE_TIMEOUT_MS, until));
        const count = await probeAll(client, endpoint, addresses, until);
        ready++;
        logger.info("All {count} cleanups are ready, {ready} of {threshold} times", { count, ready, threshold });
      } catch (reason) {
        until.throwIfAborted();
        [ready, cause] = [0, reason];
        logger.info("The cleanup is not ready everywhere: {reason}", { reason: errorMessage(reason) });
      }
      if (ready < threshold) await sleep(Math.max(nextAt - Date.now(), 0), until);
    }
  } catch (reason) {
    signal?.throwIfAborted();
    if (!until.aborted) throw reason;
    const where = formatAddress(endpoint.host, endpoint.port);
    throw new Error(`Cannot wait for the cleanup at "${where}": it is not ready everywhere after ${timeoutMs} ms`, {
      cause,
    });
  }
}

async function resolveBySystem(host: string): Promise<string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

/** Asks every address once, and returns how many there are. */
async function probeAll(
  client: DirectClient,
  { host, port }: ProbeEndpoint,
  found: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  const addresses = [...new Set(found)];
  if (addresses.length === 0) throw new Error(`Cannot probe "${host}": it has no address`);
  const waiting = addresses.values(); // shared by the workers
  const failed = new AbortController();
  const work = async () => {
    for (const address of waiting) {
      try {
        await probe(client, formatAddress(address, port), AbortSignal.any([signal, failed.signal]));
      } catch (reason) {
        failed.abort(reason); // one that is not ready decides for all
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, addresses.length) }, work));
  failed.signal.throwIfAborted();
  return addresses.length;
}

async function probe(client: DirectClient, address: string, signal: AbortSignal): Promise<void> {
  const url = `http://${address}/readyz`;
  const response = await client.fetch(url, { signal: deadline(PROBE_TIMEOUT_MS, signal) });
  await response.body?.cancel();
  if (response.status !== 200) throw new Error(`Cannot count "${url}" as ready: it answers ${response.status}`);
}
