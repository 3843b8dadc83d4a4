import type { Bootstrapper } from "../../bootstrap/bootstrapper.ts";
import { errorMessage } from "../../core/errors.ts";
import { formatAddress, type ListenAddress } from "../../core/listen_address.ts";
import { findBindAddresses } from "./bind_addresses.ts";
import { createDhtHost } from "./dht_host.ts";
import { DhtRouter, type DhtRouterSettings } from "./dht_router.ts";
import { loadIdentity } from "./identity.ts";
import type { SharedSecret } from "../../trust/cluster_secret.ts";
import { parseZone } from "../zone.ts";
import { OwnAddresses } from "./own_addresses.ts";
import { PrivateNetwork } from "./private_network.ts";

/** What a DHT router works with. */
export interface DhtRouterComponents {
  /** Finds the first peers. */
  bootstrapper: Bootstrapper;
  /** What the nodes share: only who knows it is talked to. @default nothing: everybody is */
  secret?: SharedSecret;
  /** Hears of each connection of somebody who does not know the secret. @default nobody does */
  onRefused?(): void;
}

/** What a DHT router is opened with. */
export interface DhtRouterOptions extends DhtRouterSettings {
  /** Where libp2p listens. */
  listen: ListenAddress;
  /** The port of this node's peer listener: told to Peili nodes, and taken for that of nodes that do not tell theirs. */
  registryPort: number;
  /** Where the node's identity is kept; without it the identity is a new one. */
  dataDir?: string;
}

/** How often another port is tried when the system's choice is taken before it is bound. */
const PORT_ATTEMPTS = 5;

/**
 * Opens a router and has it listen. Joining goes on in the background.
 *
 * @throws {SyntaxError} If the zone is malformed.
 * @throws {Error} With one line, if it cannot listen or cannot use the identity.
 */
export async function openDhtRouter(components: DhtRouterComponents, options: DhtRouterOptions): Promise<DhtRouter> {
  const { bootstrapper, secret, onRefused } = components;
  const { listen, dataDir, ...settings } = options;
  parseZone(settings.zone ?? "");
  const privateKey = await loadIdentity(dataDir);
  for (let attempt = 1;; attempt++) {
    const bind = findBindAddresses(listen);
    const own = new OwnAddresses({ ...listen, port: bind.port });
    const protector = secret && new PrivateNetwork(secret, { onRefused });
    const host = await createDhtHost({ privateKey, listen: bind.multiaddrs, own, protector });
    const router = new DhtRouter({ bootstrapper, host, privateKey, own }, settings);
    try {
      await router.start();
      return router;
    } catch (reason) {
      await router[Symbol.asyncDispose]();
      if (listen.port === 0 && attempt < PORT_ATTEMPTS) continue;
      const address = formatAddress(listen.hostname ?? "::", bind.port);
      throw new Error(`Cannot listen on "${address}" for libp2p: ${errorMessage(reason)}`, { cause: reason });
    }
  }
}
