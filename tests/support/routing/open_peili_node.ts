import type { Bootstrapper } from "../../../src/bootstrap/bootstrapper.ts";
import { createDnsBootstrapper } from "../../../src/bootstrap/dns.ts";
import { createNoBootstrapper } from "../../../src/bootstrap/none.ts";
import { createStaticBootstrapper } from "../../../src/bootstrap/static.ts";
import { openDhtRouter } from "../../../src/routing/dht/open_dht_router.ts";
import type { HostedBootstrap, OpenArgs } from "./host_calls.ts";
import type { HostedNode } from "./hosted_node.ts";

/** Opens a node of ours. */
export async function openPeiliNode(args: OpenArgs): Promise<HostedNode> {
  const { hostname, port, registryPort, bootstrap, dataDir } = args;
  const router = await openDhtRouter(
    { bootstrapper: toBootstrapper(bootstrap) },
    { listen: { hostname, port }, registryPort, dataDir },
  );
  return {
    router,
    peers: () => router.addresses().map((address) => `${address}/p2p/${router.id}`),
    stats: () => ({ ...router.stats(), ...router.state() }),
    failed: (provider) => router.failed(provider),
  };
}

function toBootstrapper(bootstrap: HostedBootstrap | undefined): Bootstrapper {
  if (!bootstrap) return createNoBootstrapper();
  return bootstrap.kind === "dns" ? createDnsBootstrapper(bootstrap) : createStaticBootstrapper(bootstrap);
}
