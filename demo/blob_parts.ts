import type { Digest } from "../src/oci/digest.ts";
import type { UpstreamRequest } from "../tests/support/upstream/upstream_stats.ts";
import type { LogEntry } from "./node_log.ts";

/** Somebody began to send the bytes of a blob from some byte on. */
export interface Opening {
  /** Who. */
  source: string;
  /** The first byte. */
  start: number;
}

/** A part of a blob that one source gave. */
export interface BlobPart extends Opening {
  /** The byte after the last one. */
  end: number;
}

/** The source of what several nodes gave at once, in pieces. */
export const SEVERAL_NODES = "several nodes";

/** What a node's log says when it begins to read from another node, at debug level. */
const READING = "Reading ";

/** Finds in the log of a node from which other nodes it read a blob: their peer ids, or that they were several. */
export function openingsAtPeers(log: readonly LogEntry[], digest: Digest): Opening[] {
  return log.flatMap(({ msg, digest: about, peer = SEVERAL_NODES, start }) =>
    msg.startsWith(READING) && about === digest && typeof peer === "string" && typeof start === "number"
      ? [{ source: peer, start }]
      : []
  );
}

/** Finds in the requests that upstream answered those for a blob. */
export function openingsAtUpstream(requests: readonly UpstreamRequest[], digest: Digest): Opening[] {
  return requests.flatMap(({ method, path, range, status }) =>
    method === "GET" && path.endsWith(`/${digest}`) && (status === 200 || status === 206)
      ? [{ source: "upstream", start: Number(/^bytes=(\d+)-/.exec(range ?? "")?.[1] ?? 0) }]
      : []
  );
}

/**
 * Puts together which source gave which part of a blob.
 *
 * @param openings In the order in which they were made: one that began where another one had begun replaced it.
 * @param size The size of the blob in bytes.
 */
export function blobParts(openings: readonly Opening[], size: number): BlobPart[] {
  const byStart = new Map(openings.map(({ source, start }) => [start, source]));
  const starts = [...byStart.keys()].sort((a, b) => a - b);
  return starts.map((start, index) => ({
    source: byStart.get(start) ?? "",
    start,
    end: starts[index + 1] ?? size,
  }));
}
