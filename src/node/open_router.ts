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
 * @throws {SyntaxError} If a bootstrap option is malformed.
 */
export async function openRouter(
  options: NodeOptions,
  owned: AsyncDisposableStack,
  { listen, registryPort }: { listen: ListenAddress; registryPort: number },
): Promise<DhtRouter> {
  const { bootstrap = { kind: "none" }, dataDir } = options;
  const bootstrapper = await openBootstrapper(bootstrap, owned);
  const router = owned.use(await openDhtRouter({ bootstrapper }, { listen, registryPort, dataDir }));
  serveId(bootstrap, owned, () => ({ id: router.id, addrs: router.addresses() }));
  return router;
}
