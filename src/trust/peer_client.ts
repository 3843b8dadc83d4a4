import { LRUCache } from "lru-cache";
import { HOUR_MS, SECOND_MS } from "../core/units.ts";
import { isSignedAnswer } from "./answer_seal.ts";
import type { SharedSecret } from "./cluster_secret.ts";
import { formatSeal, type RequestSeal, sealRequest } from "./request_seal.ts";

/** Carries the seal of a request to another node. */
export const SEAL_HEADER = "x-peili-seal";
/** Carries the signature of an answer's digest. */
export const ANSWER_HEADER = "x-peili-answer";
/** Names the digest of what is answered. */
const DIGEST_HEADER = "docker-content-digest";

/** Where one other node listens for nodes. */
export interface PeerListener {
  /** The node's libp2p peer id. */
  id: string;
  /** One of its listeners, as `host:port`. */
  host: string;
}

/** What is asked of a peer. */
export interface PeerFetchInit {
  /** @default {"GET"} */
  method?: "GET" | "HEAD";
  headers?: Headers;
  signal?: AbortSignal;
  /** Whether the digest that a good answer names has to be signed, as nothing else tells that it is right. @default {false} */
  signedAnswer?: boolean;
}

/** What a {@linkcode PeerClient} works with. */
export interface PeerClientComponents {
  /** Makes the requests. */
  http: { fetch(url: string, init: RequestInit): Promise<Response> };
  /** What the nodes share. @default nothing: requests are not signed */
  secret?: SharedSecret;
  /** Tells the time in milliseconds since 1970. @default {Date.now} */
  now?: () => number;
}

/** A clock that is told in whole seconds is this much ahead on average, in milliseconds. */
const DATE_ERROR_MS = SECOND_MS / 2;
/** Clocks that are less apart than this count as equal, in milliseconds: they are known to about a second. */
const SKEW_MIN_MS = 2 * SECOND_MS;
/** From which error on a refused request is worth another try, in milliseconds. */
const SKEW_ERROR_MS = 5 * SECOND_MS;
/** How many clocks are remembered: those of a large cluster. */
const SKEWS_MAX = 1_000;

/**
 * Asks other nodes, with proof of the cluster secret where there is one.
 *
 * Proof holds for a minute by the clock of the node that is asked. So that a node with a wrong clock gets through, what a node
 * says of its time is remembered; a request that was refused for that is made once more.
 */
export class PeerClient {
  readonly #components: PeerClientComponents;
  readonly #now: () => number;
  readonly #skews = new LRUCache<string, number>({ max: SKEWS_MAX, ttl: HOUR_MS, ttlResolution: 0 });

  /** @param components What the requests are made with. */
  constructor(components: PeerClientComponents) {
    this.#components = components;
    this.#now = components.now ?? Date.now;
  }

  /**
   * Makes a request to one peer.
   *
   * @param path Path and query.
   * @throws {TypeError} If the connection fails, or the answer is not signed as it has to be.
   */
  async fetch(peer: PeerListener, path: string, init: PeerFetchInit = {}): Promise<Response> {
    const { secret } = this.#components;
    if (!secret) return (await this.#send(peer, path, init)).response;
    const assumedMs = this.#skews.get(peer.id) ?? 0;
    let sent = await this.#send(peer, path, init);
    const errorMs = (this.#skews.get(peer.id) ?? 0) - assumedMs;
    if (sent.response.status === 404 && Math.abs(errorMs) >= SKEW_ERROR_MS) {
      sent.response.body?.cancel().catch(() => {});
      sent = await this.#send(peer, path, init);
    }
    const { response, seal } = sent;
    if (!init.signedAnswer || !response.ok || (seal && isSigned(secret, { peer: peer.id, seal, response }))) {
      return response;
    }
    response.body?.cancel().catch(() => {});
    throw new TypeError(`Cannot use the answer of ${peer.host}: it is not signed with the cluster secret`);
  }

  /** Returns the time at a peer, as far as it is known, in milliseconds since 1970. */
  nowAt(id: string): number {
    return this.#now() + (this.#skews.get(id) ?? 0);
  }

  async #send(
    peer: PeerListener,
    path: string,
    { method = "GET", headers, signal }: PeerFetchInit,
  ): Promise<{ response: Response; seal?: RequestSeal }> {
    const { http, secret } = this.#components;
    const url = `http://${peer.host}${path}`;
    if (!secret) return { response: await http.fetch(url, { method, headers, signal }) };
    const { pathname, search } = new URL(url); // as it is sent
    const sealed = new Headers(headers);
    const request = { method, target: `${pathname}${search}`, range: sealed.get("range"), peer: peer.id };
    const seal = sealRequest(secret, request, this.nowAt(peer.id));
    sealed.set(SEAL_HEADER, formatSeal(seal));
    const response = await http.fetch(url, { method, headers: sealed, signal });
    this.#learn(peer, response);
    return { response, seal };
  }

  #learn({ id }: PeerListener, { headers }: Response): void {
    const dateMs = Date.parse(headers.get("date") ?? "");
    if (Number.isNaN(dateMs)) return;
    const skewMs = dateMs + DATE_ERROR_MS - this.#now();
    this.#skews.set(id, Math.abs(skewMs) < SKEW_MIN_MS ? 0 : skewMs);
  }
}

function isSigned(
  secret: SharedSecret,
  { peer, seal, response: { headers } }: { peer: string; seal: RequestSeal; response: Response },
): boolean {
  const signature = headers.get(ANSWER_HEADER) ?? "";
  const digest = headers.get(DIGEST_HEADER) ?? "";
  return isSignedAnswer(secret, { peer, nonce: seal.nonce }, { digest, signature });
}
