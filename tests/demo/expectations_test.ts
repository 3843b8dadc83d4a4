import assert from "@std/assert";
import { fromPeersOnly, fromUpstreamOnce, switchedOver } from "../../demo/expectations.ts";
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
    counters: { local: 0, peer, uploaded: 0, resumed: parts.length - 1, combined },
    uploads: [],
    blobs: [{ name: "layer 1", digest: "sha256:", size: TOTAL, parts, ms: 1 }],
  };
}

Deno.test("fromUpstreamOnce() wants one copy from upstream and nothing from peers", () => {
  assert.deepEqual(fromUpstreamOnce(record(TOTAL, 0), IMAGE), []);
  assert.equal(fromUpstreamOnce(record(TOTAL + 1, 0), IMAGE).length, 1);
  assert.equal(fromUpstreamOnce(record(TOTAL - 1, 1), IMAGE).length, 2);
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
