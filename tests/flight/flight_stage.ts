import assert from "@std/assert";
import type { Flights, FlightsOptions } from "../../src/flight/flights.ts";
import type { FlightVerdict, Seat, SeatTurn } from "../../src/flight/flight_gate.ts";
import type { Digest } from "../../src/oci/digest.ts";
import { SimulatedCluster } from "../simulation/simulated_cluster.ts";
import type { SimulatedNode } from "../simulation/simulated_node.ts";
import { DIGEST } from "./claims.ts";

/** The size of what is downloaded, in bytes. */
export const TOTAL = 64 * 1024 * 1024;

/** Nodes whose containerd is played by the test. */
export class FlightStage implements AsyncDisposable {
  readonly cluster: SimulatedCluster;

  constructor(ids: readonly string[], options: FlightsOptions = {}) {
    const speed = { linkBytesPerSecond: 125e6, upstreamBytesPerSecond: 10e6 };
    this.cluster = new SimulatedCluster({ seed: 1, ...speed, flights: options });
    for (const id of ids) this.cluster.add(id);
  }

  node(id: string): SimulatedNode {
    const node = this.cluster.nodes.get(id);
    return node ?? assert.fail(`there is no ${id}`);
  }

  flights(id: string): Flights {
    return this.node(id).flights;
  }

  /** Has a node's client ask, with an ingest as containerd makes one, unless told otherwise. */
  async join(id: string, options: { digest?: Digest; ingest?: boolean; offset?: number } = {}): Promise<FlightVerdict> {
    const { digest = DIGEST, ingest = true, offset = 0 } = options;
    if (ingest) this.node(id).store.begin(digest, TOTAL);
    return await this.settled(this.flights(id).join({ digest, offset, total: TOTAL }));
  }

  /** Has a node's client ask; the verdict must be to follow. */
  async follow(id: string, options: { digest?: Digest; ingest?: boolean } = {}): Promise<Seat> {
    const verdict = await this.join(id, options);
    return verdict.type === "follow" ? verdict.seat : assert.fail(`${id} is told: ${verdict.type}`);
  }

  /** Asks for a turn that is to come within some seconds. */
  async next(seat: Seat, offset = 0, options: Parameters<Seat["next"]>[1] = {}): Promise<SeatTurn> {
    return await this.settled(seat.next(offset, options));
  }

  /** Asks for a turn that is to read. */
  async read(seat: Seat, offset = 0): Promise<Extract<SeatTurn, { type: "read" }>> {
    const turn = await this.next(seat, offset);
    return turn.type === "read" ? turn : assert.fail(`the turn is: ${turn.type}`);
  }

  /** Lets time pass until a promise has settled. */
  async settled<T>(promise: Promise<T>, limitMs = 10_000): Promise<T> {
    let over = false;
    promise.then(() => over = true, () => over = true);
    assert(await this.cluster.clock.run(() => over, limitMs), `nothing came within ${limitMs} ms`);
    return await promise;
  }

  /** Returns what all nodes count. */
  async metricsText(): Promise<string> {
    return await this.cluster.instruments.registry.metrics();
  }

  /** Lets some time pass. */
  async pass(ms: number): Promise<void> {
    await this.cluster.clock.pass(ms);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cluster.stop();
  }
}

/** Says in few words what a turn is. */
export function inWords(turn: SeatTurn): string {
  return turn.type === "read" ? `read ${turn.member.id}${turn.growing ? ", growing" : ""}` : turn.type;
}
