import { getLogger } from "@logtape/logtape";
import { Announcer } from "../announce/announcer.ts";
import { basicAuthorization } from "../http/basic_auth.ts";
import { DirectClient } from "../http/direct_client.ts";
import { listen } from "../http/listener.ts";
import { Metrics } from "../metrics/metrics.ts";
import { registryFilter } from "../oci/filter.ts";
import type { Router } from "../routing/router.ts";
import type { ContentStore } from "../store/content_store.ts";
import { PeerClient } from "../trust/peer_client.ts";
import { SealVerifier } from "../trust/request_seal.ts";
import { Health } from "./health.ts";
import { metricsHandler, type MetricsPages } from "./metrics_handler.ts";
import { openFlights } from "./open_flights.ts";
import { openRetention } from "./open_retention.ts";
import { openRouter } from "./open_router.ts";
import { openSecret } from "./open_secret.ts";
import { openStatus } from "./open_status.ts";
import { openStore } from "./open_store.ts";
import { openUploads } from "./open_uploads.ts";
import { nodeAddresses, type NodeOptions } from "./options.ts";
import { RegistryListeners } from "./registry_listeners.ts";
import { wireRegistry } from "./wire_registry.ts";

/** A running node. Disposing of it lets running bodies finish for a while, then closes everything in order. */
export interface Node extends AsyncDisposable {
  /** The libp2p peer id. */
  readonly id: string;
  /** Where this node's containerd asks, as `host:port`. */
  readonly localAddress: string;
  /** Where other nodes ask, as `host:port`. */
  readonly registryAddress: string;
  /** Where metrics are served, as `host:port`. */
  readonly metricsAddress: string;
}

/** Parts that a program may bring instead of those that the options name. The caller disposes of them. */
export interface NodeComponents {
  /** A store of its own. */
  store?: ContentStore;
  /** A router of its own. */
  router?: Router;
}

const logger = getLogger(["peili", "node"]);

/**
 * Starts a node: the only place where the parts of Peili are put together.
 *
 * libp2p leaves something behind that keeps the process alive: a program that is done after its node calls `Deno.exit`.
 *
 * @returns The node, listening. It joins the cluster and lists its content in the background.
 * @throws {SyntaxError | RangeError} If an option is malformed or out of range.
 * @throws the error of the system, if a listener cannot be bound.
 */
export async function startNode(options: NodeOptions, components: NodeComponents = {}): Promise<Node> {
  const addresses = nodeAddresses(options);
  const filter = registryFilter({ filters: options.registryFilters, registries: options.mirroredRegistries });
  await using parts = new AsyncDisposableStack();
  // Disposed of before the parts that answers are made from; bound before the router, which tells the port to others.
  await using front = new AsyncDisposableStack();
  const metrics = new Metrics();
  const pages: MetricsPages = { metrics };
  const metricsListener = parts.use(listen(addresses.metrics, metricsHandler(pages)));
  const uploads = openUploads(options, metrics);
  const secret = await openSecret(options, parts);
  const listeners = front.use(new RegistryListeners(addresses, { metrics, uploads }, options));
  const store = components.store ?? parts.use(await openStore(options.store));
  const retainer = openRetention(options, { store, metrics }, parts);
  const router = components.router ?? await openRouter(options, parts, {
    listen: addresses.router,
    registryPort: listeners.registryPort,
    load: () => uploads.load(),
    secret,
    onRefused: () => metrics.refusedConnections.inc(),
  });
  const authorization = options.basicAuth && basicAuthorization(options.basicAuth);
  const client = new PeerClient({ http: parts.use(new DirectClient({ authorization })), secret });
  const flights = openFlights({ router, store, metrics }, options, parts);
  const announcer = parts.use(new Announcer({ store, router: flights.announcer, filter }));
  metrics.observeAdvertised(() => announcer.counts());
  const health = new Health(router);
  front.defer(() => health.stop());
  const answers = { store, router, members: router, watcher: router, flights: flights.gate, retainer, client };
  const registry = wireRegistry({ ...answers, metrics, filter, secret, health: () => health.response() }, options);
  listeners.serve(registry, secret && new SealVerifier(secret, router.id));
  metrics.observe("peili_peers", "Peers that this node knows and can ask.", () => router.state().peers);
  const metricsAddress = metricsListener.address;
  const told = { metrics, router, client, announcer, listeners, metricsAddress, store };
  pages.reporter = openStatus(told, options, parts);
  logger.info("Serving this node on {local} and other nodes on {registry}", {
    id: router.id,
    store: store.name,
    local: listeners.localAddress,
    registry: listeners.registryAddress,
    metrics: metricsAddress,
  });
  parts.use(front.move());
  const owned = parts.move();
  return {
    id: router.id,
    localAddress: listeners.localAddress,
    registryAddress: listeners.registryAddress,
    metricsAddress,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
