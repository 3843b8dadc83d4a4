import type { Announcer } from "../announce/announcer.ts";
import type { CallOptions } from "../core/call_options.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Router } from "../routing/router.ts";
import type { ContentStore } from "../store/content_store.ts";
import { PeerChecks } from "../status/peer_checks.ts";
import { answerReach, askReach } from "../status/reach_back.ts";
import type { PeerClient } from "../trust/peer_client.ts";
import type { NodeOptions } from "./options.ts";
import type { RegistryListeners } from "./registry_listeners.ts";
import { StatusReporter } from "./status_reporter.ts";

/** What the status of a node is made from. */
export interface StatusParts {
  metrics: Metrics;
  router: Router;
  /** Asks other nodes. */
  client: PeerClient;
  announcer: Announcer;
  listeners: RegistryListeners;
  /** Where metrics are served, as `host:port`. */
  metricsAddress: string;
  store: Pick<ContentStore, "name">;
}

/**
 * Makes what tells of the node, and answers other nodes that want to be reached.
 *
 * @param owned Takes over what has to be let go when the node stops.
 */
export function openStatus(parts: StatusParts, options: NodeOptions, owned: AsyncDisposableStack): StatusReporter {
  const { metrics, router, client, announcer, listeners, metricsAddress, store } = parts;
  const members = () => router.members();
  owned.use(answerReach({ members: router, messenger: router, client }));
  const askBack = (id: string, call: CallOptions) => askReach(router, id, call);
  const { localAddress: local, registryAddress: registry, probes } = listeners;
  return owned.use(
    new StatusReporter({
      metrics,
      router,
      members,
      peerChecks: new PeerChecks({ members, client, askBack }),
      advertised: () => announcer.counts(),
      probes,
      listeners: { local, registry, router: options.routerAddr ?? ":5001", metrics: metricsAddress },
      storeName: store.name,
    }, options),
  );
}
