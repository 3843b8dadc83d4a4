import assert from "@std/assert";
import fc from "fast-check";
import { multiaddr } from "@multiformats/multiaddr";
import { isUsable, parsePeerAddress, toMultiaddr } from "../../../src/routing/dht/peer_address.ts";

const PEER_ID = "12D3KooWNi7fYqhBmDT4RbiHVmYvX9GwKnHQjELrduxfAFARSxbP";
const PARSED = [
  { text: "/ip4/10.0.0.1/tcp/5001", address: { ip: "10.0.0.1", port: 5001 } },
  { text: `/ip4/10.0.0.1/tcp/5001/p2p/${PEER_ID}`, address: { ip: "10.0.0.1", port: 5001 } },
  { text: "/ip6/fd00::1/tcp/5001", address: { ip: "fd00::1", port: 5001 } },
  { text: "/ip6/::ffff:10.0.0.1/tcp/5001", address: { ip: "10.0.0.1", port: 5001 } },
  { text: "/ip4/10.0.0.1/udp/5001/quic-v1", address: undefined },
  { text: "/ip4/10.0.0.1/tcp/5001/ws", address: undefined },
  { text: `/ip4/10.0.0.1/tcp/5001/p2p/${PEER_ID}/p2p-circuit`, address: undefined },
  { text: "/dns4/node.example/tcp/5001", address: undefined },
  { text: "/ip4/10.0.0.1", address: undefined },
  { text: `/p2p/${PEER_ID}`, address: undefined },
];
Deno.test.each(PARSED)("parsePeerAddress() of $text", ({ text, address }) => {
  assert.deepEqual(parsePeerAddress(multiaddr(text)), address);
  assert.deepEqual(parsePeerAddress(multiaddr(text).bytes), address);
});

Deno.test("parsePeerAddress() reads what toMultiaddr() writes", () => {
  const addressArbitrary = fc.record({
    ip: fc.oneof(fc.ipV4(), fc.constantFrom("fd00::1", "::1", "2001:db8::ab")),
    port: fc.integer({ min: 0, max: 65535 }),
  });
  fc.assert(fc.property(addressArbitrary, (address) => {
    assert.deepEqual(parsePeerAddress(toMultiaddr(address).bytes), { ...address });
  }));
});

Deno.test("parsePeerAddress() never throws, whatever the bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      parsePeerAddress(bytes);
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("isUsable() refuses loopback, unless all nodes are on loopback", () => {
  assert.ok(!isUsable({ ip: "127.0.0.1", port: 1 }, false));
  assert.ok(isUsable({ ip: "127.0.0.1", port: 1 }, true));
  assert.ok(isUsable({ ip: "10.0.0.1", port: 1 }, false));
  assert.ok(!isUsable({ ip: "10.0.0.1", port: 0 }, false), "a port that nobody listens on");
  assert.ok(!isUsable({ ip: "0.0.0.0", port: 1 }, true));
});
