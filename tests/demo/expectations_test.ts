import assert from "@std/assert";
import { fromPeersOnly, sharedOneCopy, switchedOver } from "../../demo/expectations.ts";
import type { PullRecord } from "../../demo/measure_pull.ts";
import { type BlobPart, SEVERAL_NODES } from "../../demo/blob_parts.ts";
import type { BuiltImage } from "../support/image/build_image.ts";

const TOTAL = 100;
const IMAGE = { totalBytes: TOTAL } as BuiltImage;

/** A pull of 100 bytes. */
function record(upstream: number, peer: number, parts: BlobPart[] = [], combined = 0): PullRecord {
  return {
    node: "node 3",
    ms: 1,
    upstreamBytes: upstream,
    upstreamUp: true,
    counters: { local: 0, peer, flight: 0, uploaded: 0, resumed: parts.length - 1, combined },
    uploads: [],
    blobs: [{ name: "layer 1", digest: "sha256:", size: TOTAL, parts, ms: 1 }],
  };
}

/** A pull of 100 bytes that took part in one download of several nodes. */
function following(upstream: number, flight: number, peer = 0): PullRecord {
  const pull = record(upstream, peer);
  return { ...pull, counters: { ...pull.counters, flight } };
}

Deno.test("sharedOneCopy() wants one copy from upstream, and the others from each other while it comes", () => {
  const pulls = [following(60, 40), following(40, 50, 10)];
  assert.deepEqual(sharedOneCopy({ pulls, upstreamBytes: TOTAL }, IMAGE), []);
  assert.deepEqual(sharedOneCopy({ pulls, upstreamBytes: TOTAL + 1 }, IMAGE), ["upstream gave 101 B and not 100 B"]);
  const late = [following(TOTAL, 0), following(0, 0, TOTAL)];
  assert.equal(sharedOneCopy({ pulls: late, upstreamBytes: TOTAL }, IMAGE).length, 1);
  const alone = [following(TOTAL, 0), following(TOTAL, 0)];
  assert.equal(sharedOneCopy({ pulls: alone, upstreamBytes: 2 * TOTAL }, IMAGE).length, 3);
});

Deno.test("fromPeersOnly() wants one copy from peers and nothing from upstream", () => {
  assert.deepEqual(fromPeersOnly(record(0, TOTAL), IMAGE), []);
  assert.deepEqual(fromPeersOnly(record(1, TOTAL), IMAGE), ["upstream gave 1 B and not 0 B"]);
  assert.deepEqual(fromPeersOnly(record(0, 7), IMAGE), ["other nodes gave 7 B and not 100 B"]);
});

Deno.test("switchedOver() wants a beginning from the killed node and the rest from another one", () => {
  const expect = switchedOver({ blob: "layer 1", killed: () => "node 1" });
  const begin = { source: "node 1", start: 0, end: 40 };
  const rest = { source: "node 2", start: 40, end: TOTAL };
  assert.deepEqual(expect(record(0, TOTAL, [begin, rest]), IMAGE), []);
  assert.notDeepEqual(expect(record(0, TOTAL, [{ ...begin, end: TOTAL }]), IMAGE), []);
  assert.notDeepEqual(expect(record(0, TOTAL, [{ ...begin, end: TOTAL }], 1), IMAGE), []);
  assert.notDeepEqual(expect(record(0, TOTAL, [{ ...rest, start: 0 }, rest]), IMAGE), []);
  assert.notDeepEqual(expect(record(0, TOTAL, [begin, { ...rest, source: "node 1" }]), IMAGE), []);
  const several = { ...rest, source: SEVERAL_NODES };
  assert.deepEqual(expect(record(0, TOTAL, [begin, several], 1), IMAGE), []);
  assert.notDeepEqual(expect(record(0, TOTAL, [begin, several]), IMAGE), []);
  const end = { source: "node 2", start: 60, end: TOTAL };
  assert.deepEqual(expect(record(0, TOTAL, [begin, several, end], 1), IMAGE), []);
  assert.notDeepEqual(expect(record(0, TOTAL, [begin, several, { ...end, source: "node 1" }], 1), IMAGE), []);
  assert.notDeepEqual(expect(record(0, TOTAL, [begin, rest, end]), IMAGE), []);
  assert.notDeepEqual(switchedOver({ blob: "layer 1", killed: () => undefined })(record(0, TOTAL), IMAGE), []);
});
