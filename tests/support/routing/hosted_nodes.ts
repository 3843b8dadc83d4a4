import process from "node:process";
import { until } from "../until.ts";
import { EventLoopStall } from "./event_loop_stall.ts";
import type { CallArgs, HostCalls, HostedStats, HostUsage, LookupOutcome, NodeKind, OpenedNode } from "./host_calls.ts";
import type { HostedNode } from "./hosted_node.ts";
import { openPeiliNode } from "./open_peili_node.ts";
import { openStockNode } from "./open_stock_node.ts";
import { runLookup } from "./run_lookup.ts";

const OPEN: Record<NodeKind, (args: CallArgs<"open">) => Promise<HostedNode>> = {
  peili: openPeiliNode,
  stock: openStockNode,
};

/** How often it is looked for peers, in milliseconds. */
const PEERS_INTERVAL_MS = 5;

/** The nodes of one host process. */
export class HostedNodes implements HostCalls, Disposable {
  readonly #nodes = new Map<string, HostedNode>();
  readonly #stall = new EventLoopStall();

  /** Opens a node. */
  async open(args: CallArgs<"open">): Promise<OpenedNode> {
    const { node: name, kind = "peili" } = args;
    if (this.#nodes.has(name)) throw new Error(`Cannot open "${name}": it is open`);
    const startMs = performance.now();
    const node = await OPEN[kind](args);
    this.#nodes.set(name, node);
    return { id: node.router.id, peers: node.peers(), openMs: performance.now() - startMs };
  }

  /** Stops a node in order. */
  async stop({ node }: CallArgs<"stop">): Promise<void> {
    const { router } = this.#get(node);
    this.#nodes.delete(node);
    await router[Symbol.asyncDispose]();
  }

  /** Announces keys. */
  announce({ node, keys }: CallArgs<"announce">): Promise<void> {
    this.#get(node).router.announce(keys);
    return Promise.resolve();
  }

  /** Withdraws keys. */
  withdraw({ node, keys }: CallArgs<"withdraw">): Promise<void> {
    this.#get(node).router.withdraw(keys);
    return Promise.resolve();
  }

  /** Looks keys up, one after the other. */
  async lookup({ node, keys, deadlineMs, limit }: CallArgs<"lookup">): Promise<LookupOutcome[]> {
    const { router } = this.#get(node);
    const outcomes: LookupOutcome[] = [];
    for (const key of keys) {
      outcomes.push({ ...await runLookup(router, key, { deadlineMs, limit }), stallMs: this.#stall.recentMs });
    }
    return outcomes;
  }

  /** Tells that fetching a key from a provider has failed. */
  failed({ node: name, provider, key }: CallArgs<"failed">): Promise<boolean> {
    const node = this.#get(name);
    node.failed?.(provider, key);
    return Promise.resolve(node.failed !== undefined);
  }

  /** Waits until a node knows so many peers. */
  async awaitPeers({ node, peers, timeoutMs }: CallArgs<"awaitPeers">): Promise<number> {
    const { router } = this.#get(node);
    const startMs = performance.now();
    await until(`${peers} peers of ${node}`, () => router.state().peers >= peers, {
      timeoutMs,
      intervalMs: PEERS_INTERVAL_MS,
    });
    return performance.now() - startMs;
  }

  /** Figures of every node. */
  stats(): Promise<Record<string, HostedStats>> {
    return Promise.resolve(Object.fromEntries([...this.#nodes].map(([name, node]) => [name, node.stats()])));
  }

  /** What the whole process uses. */
  usage({ collect = false }: CallArgs<"usage">): Promise<HostUsage> {
    const stallMs = this.#stall.take();
    if (collect) collectGarbage();
    const { rss, heapUsed } = Deno.memoryUsage();
    const { user, system } = process.cpuUsage();
    return Promise.resolve({
      residentBytes: rss,
      heapBytes: heapUsed,
      cpuSeconds: (user + system) / 1_000_000,
      stallMs,
    });
  }

  #get(name: string): HostedNode {
    const node = this.#nodes.get(name);
    if (!node) throw new Error(`Cannot use "${name}": no such node is open`);
    return node;
  }

  /** Ends what the host itself runs. The nodes go with the process. */
  [Symbol.dispose](): void {
    this.#stall[Symbol.dispose]();
  }
}

/** Needs V8's flag `--expose-gc`. */
function collectGarbage(): void {
  const collect: unknown = Reflect.get(globalThis, "gc");
  if (typeof collect !== "function") throw new Error("Cannot collect garbage: --v8-flags=--expose-gc is not given");
  collect();
}
