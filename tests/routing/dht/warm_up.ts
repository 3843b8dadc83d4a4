import { createNoBootstrapper } from "../../../src/bootstrap/none.ts";
import { openDhtRouter } from "../../../src/routing/dht/open_dht_router.ts";

// libp2p opens a broadcast channel with its first peer store and keeps it for the life of the process. Opened here,
// before the first test, it is no test's leak.
await using _router = await openDhtRouter(
  { bootstrapper: createNoBootstrapper() },
  { listen: { hostname: "127.0.0.1", port: 0 }, registryPort: 1 },
);
