import type { UpstreamRequest } from "../tests/support/upstream/upstream_stats.ts";
import { type BlobPart, blobParts, openingsAtPeers, openingsAtUpstream } from "./blob_parts.ts";
import { type Counters, countersSince, readCounters } from "./counters.ts";
import { nameContent, type NamedBlob } from "./image.ts";
import { logEnd, type LogEntry, readLog } from "./node_log.ts";
import { nodeNames } from "./node_names.ts";
import type { DemoNode, PullOrder, World } from "./world.ts";

/** Where one blob of a pull came from. */
export interface BlobRecord extends NamedBlob {
  /** Who gave which part of it, in order. */
  parts: BlobPart[];
  /** How long its bytes took. */
  ms: number;
}

/** What was seen of one pull. */
export interface PullRecord {
  /** Who pulled. */
  node: string;
  /** How long it took. */
  ms: number;
  /** How many bytes upstream gave away meanwhile. */
  upstreamBytes: number;
  /** Whether upstream ran at all. */
  upstreamUp: boolean;
  /** What the node's own Peili counted. */
  counters: Counters;
  /** How many bytes each other node counted as given; none of a node that was killed, as its count is gone. */
  uploads: { node: string; bytes: number }[];
  /** What came from where. */
  blobs: BlobRecord[];
}

/** Lets a node pull, and gathers what upstream, the nodes' metrics and the node's log say about it. */
export async function measurePull(world: World, node: DemoNode, order: PullOrder): Promise<PullRecord> {
  const { upstream, nodes, image } = world;
  const upstreamUp = upstream.process.end === undefined;
  if (upstreamUp) await upstream.reset();
  const others = nodes.filter((other) => other !== node);
  const [before, othersBefore] = await Promise.all([readCounters(node), readAll(others)]);
  const [names, logStart] = await Promise.all([nodeNames(nodes), logEnd(node.logPath)]);
  const startMs = performance.now();
  await node.pull(order);
  const ms = performance.now() - startMs;
  const [after, othersAfter] = await Promise.all([readCounters(node), readAll(others)]);
  const log = await readLog(node.logPath, logStart);
  const given = upstreamUp ? await upstream.stats() : { bytes: 0, recent: [] };
  const blobs = nameContent(image).map((blob) => ({
    ...blob,
    parts: partsOf(blob, log, given.recent, names),
    ms: order.progress.durationMs(blob.digest),
  }));
  return {
    node: node.name,
    ms,
    upstreamBytes: given.bytes,
    upstreamUp,
    counters: countersSince(before, after),
    uploads: uploadsBetween(othersBefore, othersAfter),
    blobs,
  };
}

/** Reads the counters of those nodes that run. */
async function readAll(nodes: readonly DemoNode[]): Promise<Map<string, Counters>> {
  const running = nodes.filter((node) => node.running);
  return new Map(await Promise.all(running.map(async (node) => [node.name, await readCounters(node)] as const)));
}

function uploadsBetween(before: ReadonlyMap<string, Counters>, after: ReadonlyMap<string, Counters>) {
  return [...after].map(([node, { uploaded }]) => ({ node, bytes: uploaded - (before.get(node)?.uploaded ?? 0) }));
}

function partsOf(
  { digest, size }: NamedBlob,
  log: readonly LogEntry[],
  requests: readonly UpstreamRequest[],
  names: ReadonlyMap<string, string>,
): BlobPart[] {
  const atPeers = openingsAtPeers(log, digest).map(({ source, start }) => ({
    source: names.get(source) ?? source,
    start,
  }));
  return blobParts([...atPeers, ...openingsAtUpstream(requests, digest)], size);
}
