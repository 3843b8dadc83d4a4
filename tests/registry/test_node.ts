import { DirectClient } from "../../src/http/direct_client.ts";
import { listen, type Listener } from "../../src/http/listener.ts";
import { observe } from "../../src/http/observe.ts";
import { Metrics } from "../../src/metrics/metrics.ts";
import type { FlightGate } from "../../src/flight/flight_gate.ts";
import { NoFlights } from "../../src/flight/no_flights.ts";
import { wireRegistry } from "../../src/node/wire_registry.ts";
import { registryFilter, type RegistryFilterOptions } from "../../src/oci/filter.ts";
import type { Audience, Registry } from "../../src/registry/registry.ts";
import type { ProviderFinder } from "../../src/routing/router.ts";
import type { ContentReader } from "../../src/store/content_store.ts";
import { MemoryStore } from "../../src/store/memory_store.ts";
import { PeerClient } from "../../src/trust/peer_client.ts";
import { metricSum } from "../support/prometheus_text.ts";

/** How a {@linkcode TestNode} is made. */
export interface TestNodeOptions extends RegistryFilterOptions {
  /** What it holds. @default an empty store */
  store?: ContentReader;
  /** Its side of flights. @default it takes part in none */
  flights?: FlightGate;
  /** Whether a digest is served only under a repository that it belongs to. @default {true} */
  matchRepository?: boolean;
  /** Whom it finds. @default nobody */
  router?: ProviderFinder;
  /** How long a relayed body may stall, in milliseconds. @default {10_000} */
  stallMs?: number;
}

/** The router of the tests ends by itself; this is for a machine that is busy. */
const RESOLVE_TIMEOUT_MS = 2_000;

/** A registry on loopback with a store and a router of the test. Disposing of it closes every connection. */
export class TestNode implements AsyncDisposable {
  readonly metrics = new Metrics();
  readonly registry: Registry;
  readonly #client = new DirectClient();
  readonly #listeners: Listener[] = [];
  #port: number | undefined;

  constructor(options: TestNodeOptions = {}) {
    const { store = new MemoryStore(), router = { lookup: nobody }, flights = new NoFlights() } = options;
    const { matchRepository, stallMs } = options;
    this.registry = wireRegistry({
      store,
      router,
      flights,
      metrics: this.metrics,
      filter: registryFilter(options),
      client: new PeerClient({ http: this.#client }),
      health: () => Response.json({ status: "ready" }),
    }, { mirrorResolveTimeoutMs: RESOLVE_TIMEOUT_MS, matchRepository, stallMs });
  }

  /** Answers a request without a connection. */
  handle(request: Request, audience: Audience = "clients"): Promise<Response> {
    return this.registry.handle(request, audience);
  }

  /** Starts a listener and returns its port. */
  listen(audience: Audience = "clients"): number {
    const handler = observe((request) => this.registry.handle(request, audience), this.metrics, {
      label: () => "test",
      listener: audience,
    });
    const listener = listen({ hostname: "127.0.0.1", port: 0 }, handler);
    this.#listeners.push(listener);
    return listener.port;
  }

  /** Asks a listener for clients as a client does. */
  async fetch(path: string, init?: RequestInit): Promise<Response> {
    this.#port ??= this.listen();
    return await this.#client.fetch(`http://127.0.0.1:${this.#port}${path}`, init);
  }

  /** Returns the sum of a metric's series that have these labels. */
  async metric(name: string, labels: Record<string, string> = {}): Promise<number> {
    return metricSum(await this.metrics.registry.metrics(), name, labels);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client[Symbol.dispose]();
    await Promise.all(this.#listeners.map((listener) => listener[Symbol.asyncDispose]()));
  }
}

async function* nobody(): AsyncGenerator<never> {}
