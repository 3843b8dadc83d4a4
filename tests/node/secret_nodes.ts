import { DirectClient } from "../../src/http/direct_client.ts";
import { type Node, startNode } from "../../src/node/node.ts";
import type { NodeOptions } from "../../src/node/options.ts";
import type { ContentStore } from "../../src/store/content_store.ts";
import { MemoryStore } from "../../src/store/memory_store.ts";
import { httpText } from "../support/http_text.ts";
import { metricSum } from "../support/prometheus_text.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";
import { until } from "../support/until.ts";

/** Secrets of tests. */
export const [OLD, NEW] = ["a", "b"].map((letter) => letter.repeat(40)) as [string, string];

/** A node of {@linkcode SecretNodes}. */
export interface SecretNode extends Node {
  /** Itself as a static bootstrap peer. */
  peer: string;
  /** Asks it, where its containerd does unless a whole URL is given. */
  get(path: string, init?: RequestInit): Promise<Response>;
  /** Adds up the samples of a metric. */
  metric(name: string, labels?: Record<string, string>): Promise<number>;
}

/** What a node is started with beside its secret. */
export interface SecretNodeOptions extends Omit<Partial<NodeOptions>, "store"> {
  /** @default an empty one */
  store?: ContentStore;
  /** Whom it finds the others through. */
  others?: readonly SecretNode[];
}

/** Whole nodes on loopback, each with libp2p, HTTP and a file of its own with its secret. */
export class SecretNodes implements AsyncDisposable {
  readonly #parts = new AsyncDisposableStack();
  readonly #client = this.#parts.use(new DirectClient());
  readonly #dir: TempDir;
  #count = 0;

  private constructor(dir: TempDir) {
    this.#dir = this.#parts.use(dir);
  }

  /** Makes a place for nodes. */
  static async create(): Promise<SecretNodes> {
    return new SecretNodes(await tempDir());
  }

  /** Starts a node with the lines of its secret; none is no secret. */
  async start(
    lines: readonly string[],
    { store = new MemoryStore(), others = [], ...options }: SecretNodeOptions = {},
  ): Promise<SecretNode> {
    const clusterSecretFile = lines.length === 0 ? undefined : `${this.#dir.path}/secret${++this.#count}`;
    if (clusterSecretFile !== undefined) await Deno.writeTextFile(clusterSecretFile, lines.join("\n"));
    const port = freePort();
    const node = this.#parts.use(
      await startNode({
        ...{ localAddr: ANY, registryAddr: ANY, metricsAddr: ANY, routerAddr: `127.0.0.1:${port}` },
        ...{ clusterSecretFile, flights: false, shutdownGraceMs: 0, mirrorResolveTimeoutMs: 500 },
        bootstrap: { kind: "static", peers: others.map(({ peer }) => peer) },
        ...options,
      }, { store }),
    );
    const get = (path: string, init?: RequestInit) =>
      this.#client.fetch(path.startsWith("http") ? path : `http://${node.localAddress}${path}`, init);
    return {
      ...node,
      peer: `/ip4/127.0.0.1/tcp/${port}/p2p/${node.id}`,
      get,
      metric: async (name, labels) => metricSum(await httpText(`http://${node.metricsAddress}/metrics`), name, labels),
    };
  }

  /** Stops all of them. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.disposeAsync();
  }
}

/** Waits until each node knows all others. */
export async function acquainted(...nodes: SecretNode[]): Promise<void> {
  for (const node of nodes) {
    await until("all to be known", async () => await node.metric("peili_peers") >= nodes.length - 1);
  }
}

const ANY = "127.0.0.1:0";

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
