import type { Audience, Registry } from "../registry/registry.ts";
import { type Handler, listen, type Listener } from "../http/listener.ts";
import { observe } from "../http/observe.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { MIRRORED_HEADER } from "../transfer/peer_request.ts";
import { gateSignedUrls } from "../transfer/seal_gate.ts";
import type { SealVerifier } from "../trust/request_seal.ts";
import { isSignedUrl } from "../trust/signed_url.ts";
import { gateUploads } from "../transfer/upload_gate.ts";
import type { Uploads } from "../transfer/uploads.ts";
import { handlerLabel } from "./handler_label.ts";
import { type NodeAddresses, type NodeOptions, SHUTDOWN_GRACE_MS } from "./options.ts";

/** What {@linkcode RegistryListeners} works with. */
export interface RegistryListenersComponents {
  /** Counts and times requests. */
  metrics: Metrics;
  /** Bounds what other nodes are given. */
  uploads: Uploads;
}

/** The two listeners of the registry: one for this node's containerd, one for other nodes. */
export class RegistryListeners implements AsyncDisposable {
  readonly #local: Listener;
  readonly #peers: Listener;
  #registry: Registry | undefined;
  #seals: SealVerifier | undefined;

  /** @throws the error of the system, if an address cannot be bound. */
  constructor(addresses: NodeAddresses, { metrics, uploads }: RegistryListenersComponents, options: NodeOptions) {
    const { shutdownGraceMs: drainMs = SHUTDOWN_GRACE_MS, registryCompat = false } = options;
    const handler = (listener: string, audience: Audience): Handler => {
      const answer: Handler = (request) => this.#answer(request, audience);
      const isPeer = ({ headers, url }: Request) =>
        audience === "peers" || headers.has(MIRRORED_HEADER) || isSignedUrl(url);
      const gated = gateSignedUrls(gateUploads(answer, { uploads, isPeer }), () => this.#seals);
      return observe(gated, metrics, { label: handlerLabel, listener });
    };
    this.#peers = listen(addresses.registry, handler("peers", registryCompat ? "everybody" : "peers"), { drainMs });
    try {
      this.#local = listen(addresses.local, handler("local", "clients"), { drainMs });
    } catch (reason) {
      this.#peers[Symbol.asyncDispose]().then(undefined, () => {}); // nothing is under way yet
      throw reason;
    }
  }

  /** Where this node's containerd asks, as `host:port`. */
  get localAddress(): string {
    return this.#local.address;
  }

  /** Where other nodes ask, as `host:port`. */
  get registryAddress(): string {
    return this.#peers.address;
  }

  /** The port at which other nodes ask. */
  get registryPort(): number {
    return this.#peers.port;
  }

  /**
   * From now on requests are answered by the registry; until then a node says that it is starting.
   *
   * @param seals Checks signed URLs, where there is a secret.
   */
  serve(registry: Registry, seals?: SealVerifier): void {
    this.#registry = registry;
    this.#seals = seals;
  }

  #answer(request: Request, audience: Audience): Response | Promise<Response> {
    return this.#registry?.handle(request, audience) ?? Response.json({ status: "starting" }, { status: 503 });
  }

  /** Stops accepting on both, lets running bodies finish for a while, then ends them. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#local[Symbol.asyncDispose](), this.#peers[Symbol.asyncDispose]()]);
  }
}
