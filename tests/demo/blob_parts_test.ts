import assert from "@std/assert";
import { blobParts, openingsAtPeers, openingsAtUpstream, SEVERAL_NODES } from "../../demo/blob_parts.ts";
import type { Digest } from "../../src/oci/digest.ts";
import type { UpstreamRequest } from "../support/upstream/upstream_stats.ts";

const DIGEST: Digest = `sha256:${"a".repeat(64)}`;
const OTHER: Digest = `sha256:${"b".repeat(64)}`;

function request(fields: Partial<UpstreamRequest>): UpstreamRequest {
  const path = `/v2/demo/app/blobs/${DIGEST}`;
  return { method: "GET", path, range: null, status: 200, bytes: 0, userAgent: null, from: "", ...fields };
}

Deno.test("openingsAtPeers() takes the lines about a blob from a log, in order", () => {
  const log = [
    { msg: "Reading x from peer y at byte 0", digest: DIGEST, peer: "one", start: 0 },
    { msg: "Reading x from peer y at byte 0", digest: OTHER, peer: "two", start: 0 },
    { msg: "Peer y failed at byte 7 of x", digest: DIGEST, peer: "one", start: 7 },
    { msg: "Reading x from peer y at byte 7", digest: DIGEST, peer: "two", start: 7 },
    { msg: "Reading x from several peers from byte 9 on", digest: DIGEST, start: 9 },
  ];
  assert.deepEqual(openingsAtPeers(log, DIGEST), [
    { source: "one", start: 0 },
    { source: "two", start: 7 },
    { source: SEVERAL_NODES, start: 9 },
  ]);
});

Deno.test("openingsAtUpstream() takes the successful downloads of a blob, with their first bytes", () => {
  const requests = [
    request({ method: "HEAD" }),
    request({ status: 404 }),
    request({ path: `/v2/demo/app/blobs/${OTHER}` }),
    request({}),
    request({ range: "bytes=7-", status: 206 }),
  ];
  assert.deepEqual(openingsAtUpstream(requests, DIGEST), [
    { source: "upstream", start: 0 },
    { source: "upstream", start: 7 },
  ]);
});

Deno.test("blobParts() ends each part where the next one begins, and lets a later opening replace an earlier one", () => {
  const openings = [{ source: "a", start: 0 }, { source: "b", start: 0 }, { source: "c", start: 60 }];
  assert.deepEqual(blobParts(openings, 100), [
    { source: "b", start: 0, end: 60 },
    { source: "c", start: 60, end: 100 },
  ]);
  assert.deepEqual(blobParts([], 100), []);
});
