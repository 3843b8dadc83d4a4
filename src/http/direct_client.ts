import { LRUCache } from "lru-cache";

/** The TLS identity of a client, as PEM texts. */
export interface ClientTls {
  /** The certificate authority that the server must be signed by. @default those of the system */
  ca?: string;
  /** The client's certificate chain, never without its key. */
  cert?: string;
  /** The client's private key. */
  key?: string;
}

/** What a {@linkcode DirectClient} is made with. */
export interface DirectClientOptions {
  /** How many servers keep a connection pool of their own. @default {512} */
  maxServers?: number;
  /** Presented to servers that are asked by `https:`. */
  tls?: ClientTls;
  /** The value of the header `Authorization` in every request. @default none */
  authorization?: string;
}

/** How long an idle connection to a server is kept, in milliseconds. */
const IDLE_CONNECTION_MS = 30_000;
/** How many idle connections to one server are kept: about what one image pull opens at once. */
const IDLE_CONNECTIONS_PER_SERVER = 8;

/** What Deno takes proxies from, at the moment when it makes a client. */
export const PROXY_VARIABLES: readonly string[] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/**
 * The responses of bodies that are read. A signal ends a body through its response alone: once that is collected as
 * garbage, aborting the signal changes nothing, and a read of a peer that is silent never ends.
 */
const RESPONSES = new WeakMap<ReadableStream, Response>();

/**
 * An HTTP/1.1 client that connects straight to the server named in the URL.
 *
 * `fetch` alone would send requests through the proxy of `HTTP_PROXY`, even those to loopback, and nothing that
 * turns this off works inside the process. A client that is told to reach "its proxy" at the server's own address
 * does: so there is one such client for each server. It never encrypts, though, so a client for `https:` is made while
 * the variables are hidden, for which the process must be allowed to see them; a proxy that it may not see is used, by
 * `CONNECT`.
 */
export class DirectClient implements Disposable {
  readonly #clients: LRUCache<string, Deno.HttpClient>;
  readonly #tls: ClientTls | undefined;
  readonly #authorization: string | undefined;

  constructor(options: DirectClientOptions = {}) {
    const { maxServers = 512, tls, authorization } = options;
    this.#tls = tls;
    this.#authorization = authorization;
    this.#clients = new LRUCache({ max: maxServers, dispose: (client) => client.close() });
  }

  /**
   * Sends a request as the global `fetch` does, without redirects.
   *
   * @throws {TypeError} If the connection fails or breaks.
   */
  async fetch(url: URL | string, init: RequestInit = {}): Promise<Response> {
    const target = new URL(url);
    const options = { redirect: "manual", ...this.#authorized(init), client: this.#clientFor(target) } as const;
    const response = await fetch(target, options);
    if (response.body) RESPONSES.set(response.body, response);
    return response;
  }

  #authorized(init: RequestInit): RequestInit {
    if (this.#authorization === undefined) return init;
    const headers = new Headers(init.headers);
    headers.set("authorization", this.#authorization);
    return { ...init, headers };
  }

  #clientFor({ hostname, port, protocol }: URL): Deno.HttpClient {
    const key = `${protocol}//${hostname}:${port}`;
    const known = this.#clients.get(key);
    if (known) return known;
    const options = {
      poolIdleTimeout: IDLE_CONNECTION_MS,
      poolMaxIdlePerHost: IDLE_CONNECTIONS_PER_SERVER,
      http2: false,
    };
    const client = protocol === "https:"
      ? withoutProxyVariables(() => Deno.createHttpClient({ ...options, ...tlsOptions(this.#tls) }))
      : Deno.createHttpClient({ ...options, proxy: { transport: "tcp", hostname, port: Number(port || 80) } });
    this.#clients.set(key, client);
    return client;
  }

  /** Lets go of every idle connection. */
  [Symbol.dispose](): void {
    this.#clients.clear();
  }
}

function tlsOptions(
  { ca, cert, key }: ClientTls = {},
): Deno.CreateHttpClientOptions & Partial<Deno.TlsCertifiedKeyPem> {
  return { ...(ca ? { caCerts: [ca] } : {}), ...(cert && key ? { cert, key } : {}) };
}

/** Calls `make` as if no variable named a proxy. */
function withoutProxyVariables<T>(make: () => T): T {
  const hidden = PROXY_VARIABLES.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [{ name, value }];
  });
  for (const { name } of hidden) Deno.env.delete(name);
  try {
    return make();
  } finally {
    for (const { name, value } of hidden) Deno.env.set(name, value);
  }
}
