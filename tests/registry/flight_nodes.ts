import { Flights } from "../../src/flight/flights.ts";
import { Metrics } from "../../src/metrics/metrics.ts";
import { listen } from "../../src/http/listener.ts";
import type { Digest } from "../../src/oci/digest.ts";
import { MemoryNetwork } from "../../src/routing/memory_router.ts";
import type { Router } from "../../src/routing/router.ts";
import type { MemoryIngest } from "../../src/store/memory_ingest.ts";
import { MemoryStore } from "../../src/store/memory_store.ts";
import { TestNode, type TestNodeOptions } from "./test_node.ts";

/** What containerd sends of itself, which makes a request take part in flights. */
export const CONTAINERD_AGENT = "containerd/v2.1.9";

/** One node of {@linkcode flightNodes}. */
export interface FlightNode {
  /** Its registry. */
  node: TestNode;
  /** What it holds, and is getting. */
  store: MemoryStore;
  /** Its place among the others. */
  router: Router;
  /** Its side of flights. */
  flights: Flights;
}

/** Nodes that fly together: real HTTP between them, members and stores in memory. */
export interface FlightNodes extends AsyncDisposable {
  nodes: readonly FlightNode[];
}

/** Starts nodes that know each other. */
export function flightNodes(count: number, options: TestNodeOptions = {}): FlightNodes {
  const parts = new AsyncDisposableStack();
  const network = new MemoryNetwork();
  const nodes = Array.from({ length: count }, (_, index) => {
    const store = parts.use(new MemoryStore());
    // The flights tell others where the node listens, before there is a node.
    const listener = parts.use(
      listen({ hostname: "127.0.0.1", port: 0 }, (request) => node.registry.handle(request, "peers")),
    );
    const router = parts.use(network.open({ id: `node-${index}`, hosts: [`127.0.0.1:${listener.port}`] }));
    const components = { members: router, ingests: store, store };
    const flights = parts.use(new Flights({ ...components, metrics: new Metrics().flights }));
    const node: TestNode = parts.use(new TestNode({ ...options, store, router, flights }));
    return { node, store, router, flights };
  });
  return { nodes, [Symbol.asyncDispose]: () => parts.disposeAsync() };
}

/** A blob that a node's containerd wants: its ingest exists before it asks, as with the real one. */
export class WantedBlob {
  /** The download. */
  readonly ingest: MemoryIngest;
  readonly #node: FlightNode;
  readonly #path: string;

  constructor(node: FlightNode, { digest, total, path }: { digest: Digest; total: number; path: string }) {
    this.#node = node;
    this.#path = path;
    this.ingest = node.store.receive(digest, { total });
  }

  /** Asks the node for the bytes from an offset on. */
  async ask(offset = 0): Promise<Response> {
    const headers = { "user-agent": CONTAINERD_AGENT, ...offset > 0 ? { range: `bytes=${offset}-` } : {} };
    return await this.#node.node.fetch(this.#path, { headers });
  }

  /** Stores what an answer brings, as it comes. Returns how many bytes that were, and whether the body broke off. */
  async store(response: Response): Promise<{ bytes: number; broken: boolean }> {
    let bytes = 0;
    try {
      for await (const chunk of response.body ?? []) {
        this.ingest.append(chunk);
        bytes += chunk.length;
      }
      return { bytes, broken: false };
    } catch {
      return { bytes, broken: true };
    }
  }
}
