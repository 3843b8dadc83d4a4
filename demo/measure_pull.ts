import { type BlobPart, blobParts, type Opening, openingsAtPeers, openingsAtUpstream } from "./blob_parts.ts";
import { type Counters, countersSince, fromOthers, readCounters } from "./counters.ts";
import { nameContent, type NamedBlob } from "./image.ts";
import { logEnd, readLog } from "./node_log.ts";
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
  /** How many bytes upstream gave for it. */
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
  const { upstream, nodes } = world;
  const upstreamUp = upstream.process.end === undefined;
  if (upstreamUp) await upstream.reset();
  const others = nodes.filter((other) => other !== node);
  const othersBefore = await readAll(others);
  const pull = await pullOnce(world, node, order);
  const othersAfter = await readAll(others);
  const given = upstreamUp ? await upstream.stats() : { bytes: 0, recent: [] };
  return {
    ...pull,
    upstreamBytes: given.bytes,
    upstreamUp,
    uploads: uploadsBetween(othersBefore, othersAfter),
    blobs: withParts(pull, ({ digest, atPeers }) => [...atPeers, ...openingsAtUpstream(given.recent, digest)]),
  };
}

/** Several pulls at once. */
export interface JointRecord {
  /** What was seen of each. */
  pulls: PullRecord[];
  /** How many bytes upstream gave for all of them together. */
  upstreamBytes: number;
}

/**
 * Lets several nodes pull at once. Upstream cannot tell them apart, as all are on this machine: what no other node gave
 * to one, it had from upstream.
 */
export async function measurePulls(
  world: World,
  orders: ReadonlyMap<DemoNode, PullOrder>,
): Promise<JointRecord> {
  const { upstream, image } = world;
  await upstream.reset();
  const pulled = await Promise.all([...orders].map(([node, order]) => pullOnce(world, node, order)));
  const pulls = pulled.map((pull) => ({
    ...pull,
    upstreamBytes: image.totalBytes - fromOthers(pull.counters) - pull.counters.local,
    upstreamUp: true,
    uploads: [],
    blobs: withParts(pull, ({ atPeers }) => [{ source: "upstream", start: 0 }, ...atPeers]),
  }));
  return { pulls, upstreamBytes: (await upstream.stats()).bytes };
}

/** One blob of a pull, as far as the node that pulled knows. */
interface OwnBlob extends Omit<BlobRecord, "parts"> {
  /** What it read from other nodes. */
  atPeers: Opening[];
}

/** What was seen of a pull by the node that pulled. */
interface OwnRecord extends Pick<PullRecord, "node" | "ms" | "counters"> {
  blobs: OwnBlob[];
}

async function pullOnce({ nodes, image }: World, node: DemoNode, order: PullOrder): Promise<OwnRecord> {
  const [before, names, logStart] = await Promise.all([readCounters(node), nodeNames(nodes), logEnd(node.logPath)]);
  const startMs = performance.now();
  await node.pull(order);
  const ms = performance.now() - startMs;
  const [after, log] = await Promise.all([readCounters(node), readLog(node.logPath, logStart)]);
  const blobs = nameContent(image).map((blob) => ({
    ...blob,
    atPeers: openingsAtPeers(log, blob.digest).map(({ source, start }) => ({
      source: names.get(source) ?? source,
      start,
    })),
    ms: order.progress.durationMs(blob.digest),
  }));
  return { node: node.name, ms, counters: countersSince(before, after), blobs };
}

function withParts({ blobs }: OwnRecord, openings: (blob: OwnBlob) => Opening[]): BlobRecord[] {
  return blobs.map(({ atPeers, ...blob }) => ({
    ...blob,
    parts: blobParts(openings({ ...blob, atPeers }), blob.size),
  }));
}

/** Reads the counters of those nodes that run. */
async function readAll(nodes: readonly DemoNode[]): Promise<Map<string, Counters>> {
  const running = nodes.filter((node) => node.running);
  return new Map(await Promise.all(running.map(async (node) => [node.name, await readCounters(node)] as const)));
}

function uploadsBetween(before: ReadonlyMap<string, Counters>, after: ReadonlyMap<string, Counters>) {
  return [...after].map(([node, { uploaded }]) => ({ node, bytes: uploaded - (before.get(node)?.uploaded ?? 0) }));
}
