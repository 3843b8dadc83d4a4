import { MIB, SECOND_MS } from "../../src/core/units.ts";
import type { FlightRules } from "../../src/flight/flight_rules.ts";
import type { Digest } from "../../src/oci/digest.ts";
import { SimulatedCluster } from "./simulated_cluster.ts";
import type { SimulatedNode } from "./simulated_node.ts";

/** One run: how many nodes pull what, and what goes wrong. */
export interface Scenario {
  /** What it shows. */
  name: string;
  /** How many nodes there are at the beginning. */
  nodes: number;
  /** The sizes of the layers, in MiB. @default {[64]} */
  layersMib?: readonly number[];
  /** What upstream sends to all together, in bytes per second. @default {10_000_000} */
  upstreamBytesPerSecond?: number;
  /** What a node sends and receives, in bytes per second. @default {125_000_000} */
  linkBytesPerSecond?: number;
  /** How many zones the nodes are spread over. @default {1} */
  zones?: number;
  /** In which order a node pulls the layers. @default as they are */
  order?: (layers: Digest[], index: number) => Digest[];
  /** Within how long the nodes begin, in milliseconds. @default {200} */
  spreadMs?: number;
  /** How often a pull that failed is tried again. @default {0} */
  retries?: number;
  /** Where the rules differ. */
  rules?: Partial<FlightRules>;
  /** What it may cost at most, where that is more than one copy in the time of one node and some. */
  allow?: Allowance;
  /** Plans what goes wrong. */
  plan?: (run: ScenarioRun) => void;
}

/** What a scenario may cost at most. */
export interface Allowance {
  /** Copies from upstream. @default {1.02} */
  copies?: number;
  /** The time of the last node, as a multiple of what one node alone takes. @default {1.2} */
  times?: number;
  /**
   * The parts that the network falls into at most. Each may have a lead, and there may be one more.
   *
   * @default {1} without one more
   */
  sides?: number;
  /** How many nodes may read from upstream at a time. @default what follows from `sides` */
  leads?: number;
  /** How many pulls may fail, or end with their nodes. @default {0} */
  lost?: number;
}

/** What came of it. */
export interface Outcome {
  /** How many pulls were complete. */
  complete: number;
  /** How many failed, or were ended with their nodes. */
  failed: number;
  /** How many never ended. */
  hanging: number;
  /** How many copies upstream sent. */
  copies: number;
  /** When the last node was complete, in seconds. */
  seconds: number;
  /** How long one node alone would have taken. */
  aloneSeconds: number;
  /** The pipelined bound: F/B·(1+⌊log2 N⌋/M), with M pieces of 1 MiB. */
  boundSeconds: number;
  /** Messages sent and received, for each node. */
  messagesPerNode: number;
  /** The most nodes that read one digest from upstream at a time. */
  maxLeads: number;
  /** How often nodes were seen reading in a circle. */
  cycles: number;
}

/** After how long a run is given up, in simulated milliseconds. */
const LIMIT_MS = 15 * 60 * SECOND_MS;
/** How often the nodes are looked at, in simulated milliseconds. */
const CHECK_MS = 100;
/** How long until a failed pull is tried again, in simulated milliseconds. */
const RETRY_MS = 5 * SECOND_MS;

/** A scenario under way. */
export class ScenarioRun {
  readonly cluster: SimulatedCluster;
  readonly layers: Digest[];
  readonly #scenario: Scenario;
  readonly #sizes: number[];
  #pulls = 0;
  #complete = 0;
  #failed = 0;
  #planned = 0;
  #lastMs = 0;

  constructor(scenario: Scenario, seed: number) {
    this.#scenario = scenario;
    const { upstreamBytesPerSecond = 10e6, linkBytesPerSecond = 125e6, rules = {} } = scenario;
    this.cluster = new SimulatedCluster({ seed, upstreamBytesPerSecond, linkBytesPerSecond, flights: { rules } });
    this.#sizes = (scenario.layersMib ?? [64]).map((mib) => mib * MIB);
    this.layers = this.#sizes.map((_, index) => `sha256:${`${seed}${index}`.padStart(64, "0")}` as Digest);
  }

  /** Plans something for later. The run does not end before. */
  at(seconds: number, run: () => void): void {
    this.#planned++;
    this.cluster.clock.after(seconds * SECOND_MS, () => {
      this.#planned--;
      run();
    });
  }

  /** Returns the nodes that read a layer from upstream now. */
  leads(layer = this.layers[0]!): SimulatedNode[] {
    return [...this.cluster.nodes.values()].filter((node) => node.alive && node.upstream.has(layer));
  }

  /** Returns the nodes that others read something from, but that do not read from upstream. */
  parents(): SimulatedNode[] {
    const { nodes } = this.cluster;
    const ids = new Set([...nodes.values()].flatMap(({ reading }) => [...reading.values()]));
    return [...ids].map((id) => nodes.get(id)!).filter(({ alive, upstream }) => alive && upstream.size === 0);
  }

  /** Returns the node that coordinates a layer. */
  coordinator(layer = this.layers[0]!): SimulatedNode {
    return this.cluster.nodes.get(this.cluster.network.order(layer)[0]!)!;
  }

  /** Adds a node, which pulls at once. */
  join(id: string): void {
    const index = this.cluster.nodes.size;
    const zone = `zone-${index % (this.#scenario.zones ?? 1)}`;
    this.#pull(this.cluster.add(id, { zone }), index);
  }

  /** Runs it to its end. */
  async run(): Promise<Outcome> {
    const { nodes, spreadMs = 200, plan, zones = 1 } = this.#scenario;
    const { clock, chance } = this.cluster;
    for (let index = 0; index < nodes; index++) {
      const node = this.cluster.add(`node-${index}`, { zone: `zone-${index % zones}` });
      this.#planned++;
      clock.after(chance.below(spreadMs), () => {
        this.#planned--;
        this.#pull(node, index);
      });
    }
    plan?.(this);
    const stopChecks = this.#check();
    await clock.run(() => this.#planned === 0 && this.#complete + this.#failed === this.#pulls, LIMIT_MS);
    stopChecks();
    const outcome = this.#outcome();
    await this.cluster.stop();
    return outcome;
  }

  #pull(node: SimulatedNode, index: number): void {
    this.#pulls++;
    this.#pullAll(node, index).then(() => {
      this.#complete++;
      this.#lastMs = this.cluster.clock.nowMs();
    }, () => this.#failed++);
  }

  async #pullAll(node: SimulatedNode, index: number): Promise<void> {
    const { order = (layers) => layers, retries = 0 } = this.#scenario;
    for (let attempt = 0;; attempt++) {
      const pulls = order([...this.layers], index)
        .filter((layer) => !node.store.available(layer)?.complete)
        .map((layer) => node.pull(layer, this.#sizes[this.layers.indexOf(layer)]!));
      const failure = (await Promise.allSettled(pulls)).find(({ status }) => status === "rejected");
      if (!failure) return;
      if (!node.alive || attempt >= retries) throw new Error("the pull failed");
      await this.cluster.clock.sleep(RETRY_MS);
    }
  }

  #check(): () => void {
    let on = true;
    const look = () => {
      for (const layer of this.layers) this.cluster.checkCycles(layer);
      if (on) this.cluster.clock.after(CHECK_MS, look);
    };
    look();
    return () => on = false;
  }

  #outcome(): Outcome {
    const { upstreamBytes, network, maxLeads, cycles, nodes } = this.cluster;
    const { upstreamBytesPerSecond = 10e6, linkBytesPerSecond = 125e6 } = this.#scenario;
    const bytes = this.#sizes.reduce((sum, size) => sum + size, 0);
    const aloneSeconds = bytes / Math.min(upstreamBytesPerSecond, linkBytesPerSecond);
    return {
      complete: this.#complete,
      failed: this.#failed,
      hanging: this.#pulls - this.#complete - this.#failed,
      copies: upstreamBytes / bytes,
      seconds: this.#lastMs / SECOND_MS,
      aloneSeconds,
      boundSeconds: aloneSeconds * (1 + Math.floor(Math.log2(nodes.size)) / (bytes / MIB)),
      messagesPerNode: network.messages / nodes.size,
      maxLeads,
      cycles,
    };
  }
}
