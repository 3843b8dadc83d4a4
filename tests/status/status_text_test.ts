import assert from "@std/assert";
import { plain } from "../../src/core/style.ts";
import { statusText } from "../../src/status/status_text.ts";
import { aStatus } from "./a_status.ts";

Deno.test("statusText() shows what a node has, knows and did", () => {
  const flights = { verdicts: { lead: 2, follow: 1 }, savedCopies: 1 };
  assert.equal(
    statusText(aStatus({ flights, refusedPeers: 4 }), plain),
    `Peili 1.2.3  ready  up 2 h 46 min
is
  id          12D3KooWA
  containerd  127.0.0.1:30020
  nodes       [::]:5000, libp2p :5001
  mirrors     every registry
has
  store       containerd (/run/containerd/containerd.sock)
  announced   5 digests, 2 of them manifests; 1 tags
knows
  nodes       2
              10.0.0.2:5000  …BBBBBBBB  a  25 % busy
              10.0.0.3:5000  …CCCCCCCC
  bootstrap   dns nodes.test
did
  requests    9 served, 1 not: 90 %
  last 5 min  3 served, 0 not: 100 %
  last served 1 min ago; last asked never
  given       1.0 KiB local, 3.0 GiB peer
  uploaded    10 B
  lookups     4 hit
  flights     2 lead, 1 follow; 1 copies spared
  asked nodes nothing
  refused     4 requests and connections without what the nodes share
`,
  );
});

Deno.test("statusText() counts the nodes that it does not show", () => {
  const members = Array.from({ length: 25 }, (_, n) => ({ id: `id-${n}`, hosts: [`h${n}:1`], zone: "", load: 0 }));
  assert.match(statusText(aStatus({ members }), plain), /h19:1 .*\n +and 5 more\n/);
});
