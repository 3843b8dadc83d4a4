import assert from "@std/assert";
import { multiaddr } from "@multiformats/multiaddr";
import { ConnectionGate } from "../../../src/routing/dht/connection_gate.ts";

/** A connection as the gate sees it, and a way to close it. */
function connection(ip: string) {
  const target = new EventTarget();
  return {
    remoteAddr: multiaddr(`/ip${ip.includes(":") ? 6 : 4}/${ip}/tcp/40000`),
    addEventListener: target.addEventListener.bind(target),
    close: () => target.dispatchEvent(new Event("close")),
  };
}

function makeGate() {
  const clock = { nowMs: 0 };
  const gate = new ConnectionGate({ now: () => clock.nowMs });
  /** Opens connections until one is refused, and returns those that were accepted. */
  const fill = (ip: (index: number) => string, most = 2_000) => {
    const accepted: ReturnType<typeof connection>[] = [];
    for (let index = 0; index < most; index++) {
      const next = connection(ip(index));
      if (gate.refuses(next)) break;
      accepted.push(next);
    }
    return accepted;
  };
  return { gate, clock, fill };
}

Deno.test("ConnectionGate lets a cluster start behind one address, and slows it down after that", () => {
  const { clock, fill } = makeGate();
  assert.equal(fill(() => "10.0.0.1").length, 128);
  clock.nowMs += 1_000;
  assert.equal(fill(() => "10.0.0.1").length, 32);
  assert.equal(fill(() => "10.0.0.2").length, 128, "another source is not concerned");
});

Deno.test("ConnectionGate leaves room for others, however many connections one source opens", () => {
  const { gate, clock, fill } = makeGate();
  let open = 0;
  for (let second = 0; second < 100; second++) {
    open += fill(() => "10.0.0.1").length;
    clock.nowMs += 1_000;
  }
  assert.equal(open, 576);
  assert.equal(fill(() => "10.0.0.2").length, 128);
  assert.equal(gate.open, 704);
});

Deno.test("ConnectionGate bounds the connections of all sources together, and takes new ones when others close", () => {
  const { gate, fill } = makeGate();
  const accepted = fill((index) => `10.0.${index >> 8}.${index & 0xff}`);
  assert.equal(accepted.length, 768);
  accepted[0]?.close();
  assert.equal(gate.open, 767);
  assert.ok(!gate.refuses(connection("10.9.9.9")));
  assert.ok(gate.refuses(connection("10.9.9.9")));
});

Deno.test("ConnectionGate takes the addresses of one IPv6 site for one source", () => {
  const { fill } = makeGate();
  assert.equal(fill((index) => `2001:db8:0:12${(index % 256).toString(16).padStart(2, "0")}::1`).length, 128);
  assert.equal(fill(() => "2001:db8:0:1234:5::6").length, 0, "of the same /56");
  assert.equal(fill((index) => `2001:db8:0:1300::${index.toString(16)}`, 10).length, 10);
  assert.equal(fill(() => "2001:db8::1", 10).length, 10);
  assert.equal(fill(() => "::ffff:10.0.0.1").length, 128);
  assert.equal(fill(() => "10.0.0.1").length, 0, "an IPv4 address in IPv6 form is the same source");
});
