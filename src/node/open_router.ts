import { PeerMemory } from "../bootstrap/peer_memory.ts";
import type { ListenAddress } from "../core/listen_address.ts";
import type { DhtRouter } from "../routing/dht/dht_router.ts";
import { openDhtRouter } from "../routing/dht/open_dht_router.ts";
import { openBootstrapper, serveId } from "./open_bootstrapper.ts";
import type { NodeOptions } from "./options.ts";

/**
 * Opens the router, and what it finds its first peers with.
 *
 * @param owned Takes over what has to be let go when the node stops.
 * @param registryPort The port at which other nodes ask this one.
 * @param load Tells how busy the node is with uploads, from 0 to 1.
 * @throws {SyntaxError} If a bootstrap option or the zone is malformed.
 */
export async function openRouter(
  options: NodeOptions,
  owned: AsyncDisposableStack,
  { listen, registryPort, load }: { listen: ListenAddress; registryPort: number; load?(): number },
): Promise<DhtRouter> {
  const { bootstrap = { kind: "none" }, dataDir, zone } = options;
  const memory = new PeerMemory(await openBootstrapper(bootstrap, owned), { dataDir });
  const settings = { listen, registryPort, dataDir, zone, load };
  const router = owned.use(await openDhtRouter({ bootstrapper: memory }, settings));
  memory.keep(() => router.knownPeers());
  owned.use(memory); // writes down who was there before the router says goodbye
  serveId(bootstrap, owned, () => ({ id: router.id, addrs: router.addresses() }));
  return router;
}
