import { PeerMemory } from "../bootstrap/peer_memory.ts";
import type { ListenAddress } from "../core/listen_address.ts";
import type { DhtRouter } from "../routing/dht/dht_router.ts";
import { openDhtRouter } from "../routing/dht/open_dht_router.ts";
import { openBootstrapper, serveId } from "./open_bootstrapper.ts";
import type { SharedSecret } from "../trust/cluster_secret.ts";
import type { NodeOptions } from "./options.ts";

/** What a router is told of the rest of the node. */
export interface RouterSurroundings {
  /** Where libp2p listens. */
  listen: ListenAddress;
  /** The port at which other nodes ask this one. */
  registryPort: number;
  /** Tells how busy the node is with uploads, from 0 to 1. */
  load?(): number;
  /** What the nodes share, if anything. */
  secret?: SharedSecret;
  /** Hears of each connection of somebody who does not know the secret. */
  onRefused?(): void;
}

/**
 * Opens the router, and what it finds its first peers with.
 *
 * @param owned Takes over what has to be let go when the node stops.
 * @throws {SyntaxError} If a bootstrap option or the zone is malformed.
 */
export async function openRouter(
  options: NodeOptions,
  owned: AsyncDisposableStack,
  { secret, onRefused, ...told }: RouterSurroundings,
): Promise<DhtRouter> {
  const { bootstrap = { kind: "none" }, dataDir, zone } = options;
  const memory = new PeerMemory(await openBootstrapper(bootstrap, owned), { dataDir });
  const components = { bootstrapper: memory, secret, onRefused };
  const router = owned.use(await openDhtRouter(components, { ...told, dataDir, zone }));
  memory.keep(() => router.knownPeers());
  owned.use(memory); // writes down who was there before the router says goodbye
  serveId(bootstrap, owned, () => ({ id: router.id, addrs: router.addresses() }));
  return router;
}
