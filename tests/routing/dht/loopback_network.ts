import "./warm_up.ts";
import type { Bootstrapper } from "../../../src/bootstrap/bootstrapper.ts";
import { createNoBootstrapper } from "../../../src/bootstrap/none.ts";
import { createStaticBootstrapper } from "../../../src/bootstrap/static.ts";
import type { DhtRouter, DhtRouterSettings } from "../../../src/routing/dht/dht_router.ts";
import { openDhtRouter } from "../../../src/routing/dht/open_dht_router.ts";
import type { RouterNetwork, ToldOptions } from "../router_fixture.ts";

/** DHT routers on loopback, all of which bootstrap from the first one. */
export class LoopbackNetwork implements RouterNetwork {
  readonly #hostname: string;
  readonly #routers = new AsyncDisposableStack();
  #first: Promise<DhtRouter> | undefined;

  /** @param hostname The loopback address that all of them listen on. */
  constructor(hostname = "127.0.0.1") {
    this.#hostname = hostname;
  }

  /** Opens a router that joins the others. */
  async open(port: number, told: ToldOptions = {}): Promise<DhtRouter> {
    const settings = { ...told, registryPort: port };
    if (this.#first) return await this.#open(settings, createStaticBootstrapper({ peers: peersOf(await this.#first) }));
    this.#first = this.#open(settings, createNoBootstrapper());
    return await this.#first;
  }

  async #open(settings: DhtRouterSettings, bootstrapper: Bootstrapper): Promise<DhtRouter> {
    const listen = { hostname: this.#hostname, port: 0 };
    return this.#routers.use(await openDhtRouter({ bootstrapper }, { listen, ...settings }));
  }

  /** Stops all routers. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#routers.disposeAsync();
  }
}

/** Returns a router as static bootstrap peers. */
export function peersOf(router: DhtRouter): string[] {
  return router.addresses().map((address) => `${address}/p2p/${router.id}`);
}
