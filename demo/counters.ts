import { metricSum } from "../tests/support/prometheus_text.ts";
import type { DemoNode } from "./world.ts";

/** What a node has counted since it started. */
export interface Counters {
  /** Bytes given to its own client, from its own store. */
  local: number;
  /** Bytes given to its own client, from other nodes that had it. */
  peer: number;
  /** Bytes given to its own client, from other nodes that were still fetching it. */
  flight: number;
  /** Bytes given to other nodes. */
  uploaded: number;
  /** How often a body went on from another node. */
  resumed: number;
  /** How often a body was read from several nodes at once. */
  combined: number;
}

/** Returns how many bytes other nodes gave, whether they had it or were still fetching it. */
export function fromOthers({ peer, flight }: Counters): number {
  return peer + flight;
}

/** Reads a node's metrics. */
export async function readCounters(node: DemoNode): Promise<Counters> {
  const text = await node.metrics();
  return {
    local: metricSum(text, "peili_bytes_total", { source: "local" }),
    peer: metricSum(text, "peili_bytes_total", { source: "peer" }),
    flight: metricSum(text, "peili_bytes_total", { source: "flight" }),
    uploaded: metricSum(text, "peili_uploaded_bytes_total"),
    resumed: metricSum(text, "peili_resumed_bodies_total"),
    combined: metricSum(text, "peili_combined_bodies_total"),
  };
}

/** Returns what was counted in between. */
export function countersSince(before: Counters, after: Counters): Counters {
  return {
    local: after.local - before.local,
    peer: after.peer - before.peer,
    flight: after.flight - before.flight,
    uploaded: after.uploaded - before.uploaded,
    resumed: after.resumed - before.resumed,
    combined: after.combined - before.combined,
  };
}
