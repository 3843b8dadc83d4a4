import { SECOND_MS } from "../../src/core/units.ts";
import type { FlightsOptions } from "../../src/flight/flights.ts";
import { Metrics } from "../../src/metrics/metrics.ts";
import type { FlightMetrics } from "../../src/metrics/flight_metrics.ts";
import type { Digest } from "../../src/oci/digest.ts";
import { SeededRandom } from "../chaos/seeded_random.ts";
import { SimulatedClock } from "./simulated_clock.ts";
import { SimulatedNetwork } from "./simulated_network.ts";
import { either, SILENT_SOURCE_MS, SimulatedNode, UnreachableError } from "./simulated_node.ts";

/** How fast things are. */
export interface SimulatedClusterOptions {
  /** What all chance comes from. */
  seed: number;
  /** What a node sends, and what it receives, in bytes per second. */
  linkBytesPerSecond: number;
  /** What upstream sends to all together, in bytes per second. */
  upstreamBytesPerSecond: number;
  /** How long upstream takes until its first byte, in milliseconds. @default {50} */
  upstreamLatencyMs?: number;
  /** Options of every node's flights. */
  flights?: FlightsOptions;
}

/** Many nodes and an upstream registry, on a clock of their own. */
export class SimulatedCluster {
  readonly clock = new SimulatedClock();
  readonly instruments = new Metrics();
  readonly metrics: FlightMetrics = this.instruments.flights;
  readonly chance: SeededRandom;
  readonly network: SimulatedNetwork;
  readonly nodes = new Map<string, SimulatedNode>();
  readonly #options: SimulatedClusterOptions;
  readonly #serving = { upstream: 0 };
  /** What upstream sent. */
  upstreamBytes = 0;
  /** The most nodes that read one digest from upstream at a time. */
  maxLeads = 0;
  /** How often somebody read from its own descendant. */
  cycles = 0;
  /** The nodes whose next request upstream refuses. */
  readonly refusedUpstream = new Set<string>();
  /** Whether upstream refuses everything: it is down, or limits how often it is asked. */
  upstreamRefuses = false;
  /** How many requests upstream refused. */
  refusals = 0;

  constructor(options: SimulatedClusterOptions) {
    this.#options = options;
    this.chance = new SeededRandom(options.seed);
    const latency = this.chance.fork();
    this.network = new SimulatedNetwork(this.clock, {
      latencyMs: () => 0.3 + latency.below(1_000) / 1_000,
      noticeMs: 600,
      silenceMs: 8 * SECOND_MS,
    });
  }

  /** A random number from 0 to below 1. */
  readonly random = (): number => this.chance.below(2 ** 30) / 2 ** 30;

  /** Adds a node. */
  add(id: string, options: { zone?: string; slots?: number } = {}): SimulatedNode {
    const node = new SimulatedNode(this, id, { ...this.#options.flights, ...options });
    this.nodes.set(id, node);
    return node;
  }

  /** Ends a node. */
  kill(id: string, how: "closed" | "silent"): void {
    this.nodes.get(id)?.kill(how);
  }

  /** Stops everything. */
  async stop(): Promise<void> {
    for (const node of this.nodes.values()) node.kill("closed");
    await this.clock.pass(5 * SECOND_MS);
  }

  /** Opens a connection to a node. */
  async connect(from: SimulatedNode, to: string, signal: AbortSignal): Promise<void> {
    await this.clock.sleep(1);
    if (this.network.reaches(from.id, to)) return;
    if (!this.network.refuses(to)) await either(this.clock.sleep(SILENT_SOURCE_MS), signal);
    throw new UnreachableError();
  }

  /** Moves bytes from one node to another, as fast as both links allow. A source that is silent is for the signal to end. */
  async transfer(from: SimulatedNode, to: SimulatedNode, count: number, signal: AbortSignal): Promise<void> {
    from.link.sending++;
    to.link.receiving++;
    try {
      const share = this.#options.linkBytesPerSecond / Math.max(from.link.sending, to.link.receiving);
      await either(this.clock.sleep(count / share * SECOND_MS), signal);
    } finally {
      from.link.sending--;
      to.link.receiving--;
    }
    if (signal.aborted || this.network.reaches(from.id, to.id)) return;
    if (!this.network.refuses(from.id)) await either(new Promise(() => {}), signal);
    throw new UnreachableError();
  }

  /** Moves bytes from upstream to a node. Returns false when upstream fails. */
  async fetchUpstream(to: SimulatedNode, digest: Digest, count: number, signal: AbortSignal): Promise<boolean> {
    if (this.refusedUpstream.delete(to.id) || this.upstreamRefuses) {
      this.refusals++;
      await either(this.clock.sleep(this.#options.upstreamLatencyMs ?? 50), signal);
      return false;
    }
    if (!to.store.available(digest)?.offset) {
      await either(this.clock.sleep(this.#options.upstreamLatencyMs ?? 50), signal);
    }
    this.#serving.upstream++;
    to.link.receiving++;
    try {
      const { linkBytesPerSecond, upstreamBytesPerSecond } = this.#options;
      const share = Math.min(linkBytesPerSecond / to.link.receiving, upstreamBytesPerSecond / this.#serving.upstream);
      await either(this.clock.sleep(count / share * SECOND_MS), signal);
    } finally {
      this.#serving.upstream--;
      to.link.receiving--;
    }
    this.upstreamBytes += count;
    return true;
  }

  /** Takes note of how many read from upstream. */
  noteUpstream(node: SimulatedNode): void {
    for (const digest of node.upstream) {
      let leads = 0;
      for (const other of this.nodes.values()) leads += Number(other.alive && other.upstream.has(digest));
      this.maxLeads = Math.max(this.maxLeads, leads);
    }
  }

  /** Looks for nodes that read from each other in a circle. */
  checkCycles(digest: Digest): void {
    for (const node of this.nodes.values()) {
      let current: SimulatedNode | undefined = node;
      for (let steps = 0; current; steps++) {
        if (steps > this.nodes.size) {
          this.cycles++;
          return;
        }
        const next: string | undefined = current.reading.get(digest);
        current = next === undefined ? undefined : this.nodes.get(next);
      }
    }
  }
}
