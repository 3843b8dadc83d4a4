import type { Audience, Registry } from "../registry/registry.ts";
import { type BasicAuth, dropBasicAuth, requireBasicAuth } from "../http/basic_auth.ts";
import { type Handler, listen, type Listener } from "../http/listener.ts";
import { OwnHost } from "../http/own_host.ts";
import { observe } from "../http/observe.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { ProbeLog } from "../status/probe_log.ts";
import { MIRRORED_HEADER } from "../transfer/peer_request.ts";
import { gateSeals, isSealed, type SealGateOptions } from "../transfer/seal_gate.ts";
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
  readonly #metrics: Metrics;
  /** The probes of `peili doctor` that arrived where containerd asks. */
  readonly probes: ProbeLog = new ProbeLog();

  /** @throws the error of the system, if an address cannot be bound. */
  constructor(addresses: NodeAddresses, { metrics, uploads }: RegistryListenersComponents, options: NodeOptions) {
    const { shutdownGraceMs: drainMs = SHUTDOWN_GRACE_MS, registryCompat = false, basicAuth } = options;
    this.#metrics = metrics;
    const ownHost = new OwnHost();
    const handler = (listener: "peers" | "local", audience: Audience): Handler => {
      const pull: Handler = (request) => this.#answer(request, audience);
      const answer = audience === "peers" ? pull : this.probes.watch(pull);
      const isPeer = (request: Request) =>
        audience === "peers" || request.headers.has(MIRRORED_HEADER) || isSealed(request);
      // containerd cannot prove anything: where it is answered beside other nodes, it has to be the one of this machine.
      const isTrusted: SealGateOptions["isTrusted"] = (_, { remoteAddr }) =>
        listener === "local" || (registryCompat && ownHost.has(remoteAddr.hostname));
      const gated = gateSeals(gateUploads(answer, { uploads, isPeer }), {
        verifier: () => this.#seals,
        isTrusted,
        onRefused: (kind) => metrics.refusedPeers.inc({ kind }),
      });
      return observe(basicAuth ? this.#guarded(gated, basicAuth, listener) : gated, metrics, {
        label: handlerLabel,
        listener,
      });
    };
    this.#peers = listen(addresses.registry, handler("peers", registryCompat ? "everybody" : "peers"), { drainMs });
    try {
      this.#local = listen(addresses.local, handler("local", "clients"), { drainMs });
    } catch (reason) {
      this.#peers[Symbol.asyncDispose]().then(undefined, () => {}); // nothing is under way yet
      throw reason;
    }
  }

  /** Demands the password of other nodes, but for URLs that this cluster has signed, which are checked by themselves. */
  #guarded(handler: Handler, auth: BasicAuth, listener: "peers" | "local"): Handler {
    if (listener === "local") return dropBasicAuth(handler, auth);
    const guarded = requireBasicAuth(handler, auth, () => this.#metrics.refusedPeers.inc({ kind: "basic-auth" }));
    return (request, info) => (this.#seals && isSignedUrl(request.url) ? handler : guarded)(request, info);
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
   * @param seals Checks what other nodes prove, where there is a secret.
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
