import assert from "@std/assert";
import { plain } from "../../src/core/style.ts";
import { statusText } from "../../src/status/status_text.ts";
import { aStatus } from "./a_status.ts";

Deno.test("statusText() shows what a node has, knows and did", () => {
  const flights = { verdicts: { lead: 2, follow: 1 }, savedCopies: 1 };
  assert.equal(
    statusText(aStatus({ flights, refusedPeers: 4 }), { style: plain }),
    `Peili 1.2.3  ready  up 2 h 46 min

is
  id             12D3KooWA
  for containerd 127.0.0.1:30020
  for nodes      [::]:5000, libp2p :5001
  mirrors        every registry

has
  store          containerd
                 /run/containerd/containerd.sock
  announced      1 tag, 2 manifests, 5 digests in all

knows
  nodes          2, which share no secret
                 10.0.0.2:5000  …BBBBBBBB  zone a  25 % busy
                 10.0.0.3:5000  …CCCCCCCC
  bootstrap      dns nodes.test

did
  served         9 of 10 requests, 90 %
  of late        3 of 3 requests, 100 %, in 5 min
  last served    1 min ago; last asked never
  to containerd  1.0 KiB local, 3.0 GiB peer
  to nodes       10 B
  lookups        4 hit
  flights        2 lead, 1 follow; 1 copy spared
  asked nodes    none
  refused        4 requests or connections without what the nodes share`,
  );
});

Deno.test("statusText() counts the nodes that it does not show", () => {
  const members = Array.from({ length: 25 }, (_, n) => ({ id: `id-${n}`, hosts: [`h${n}:1`], zone: "", load: 0 }));
  assert.match(statusText(aStatus({ members }), { style: plain }), /h19:1 .*\n +and 5 more\n/);
});

Deno.test("statusText() fits a terminal of 80 columns", () => {
  const mirroredRegistries = Array.from({ length: 9 }, (_, n) => `registry-${n}.example.test`);
  const lines = statusText(aStatus({ mirroredRegistries }), { style: plain, width: 80 }).split("\n");
  assert.deepEqual(lines.filter((line) => line.length > 80), []);
  assert(lines.some((line) => line.startsWith(" ".repeat(17) + "registry-")));
});
