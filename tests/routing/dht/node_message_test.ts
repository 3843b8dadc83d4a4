import assert from "@std/assert";
import fc from "fast-check";
import { decodeNodeMessage, encodeNodeMessage, NODE_MESSAGE_MAX_BYTES } from "../../../src/routing/dht/node_message.ts";

const BRIEF = { port: 5000, zone: "", load: 0, protocols: [], peers: [], leaving: false, withdrawn: [] };

function bytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

Deno.test("decodeNodeMessage() reads what encodeNodeMessage() writes", () => {
  const message = {
    port: 5000,
    zone: "north",
    load: 0.5,
    protocols: ["/peili/flight/1"],
    peers: [{ id: "a", addrs: ["/ip4/10.0.0.1/tcp/5001"] }],
    leaving: true,
    withdrawn: [new Uint8Array(34).fill(7)],
  };
  assert.deepEqual(decodeNodeMessage(encodeNodeMessage(message)), message);
});

Deno.test("decodeNodeMessage() ignores fields of later versions and does without those that may be missing", () => {
  const message = { port: 5000, rack: "a", peers: [{ id: "a", addrs: [], row: 1 }] };
  assert.deepEqual(decodeNodeMessage(bytes(message)), { ...BRIEF, peers: [{ id: "a", addrs: [] }] });
  assert.deepEqual(decodeNodeMessage(bytes({ port: 5000 })), BRIEF);
});

const MALFORMED: unknown[] = [
  null,
  [],
  {},
  { port: 0 },
  { port: 65536 },
  { port: 1.5 },
  { port: "5000" },
  { port: 5000, peers: {} },
  { port: 5000, peers: [{ id: "a" }] },
  { port: 5000, peers: [{ id: "a".repeat(129), addrs: [] }] },
  { port: 5000, zone: "z".repeat(64) },
  { port: 5000, load: 1.5 },
  { port: 5000, protocols: "/peili/flight/1" },
  { port: 5000, protocols: Array.from({ length: 17 }, () => "/a/1") },
  { port: 5000, leaving: "yes" },
  { port: 5000, withdrawn: ["short"] },
  { port: 5000, withdrawn: [`${"A".repeat(45)}=A=`] },
  { port: 5000, withdrawn: Array.from({ length: 1_001 }, () => `${"A".repeat(46)}==`) },
];
for (const message of MALFORMED) {
  Deno.test(`decodeNodeMessage() throws SyntaxError on ${JSON.stringify(message).slice(0, 60)}`, () => {
    assert.throws(() => decodeNodeMessage(bytes(message)), SyntaxError);
  });
}

Deno.test("decodeNodeMessage() reads any bytes and any JSON, or throws SyntaxError", () => {
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), fc.json().map((text) => new TextEncoder().encode(text))), (input) => {
      try {
        decodeNodeMessage(input);
      } catch (reason) {
        assert(reason instanceof SyntaxError);
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("encodeNodeMessage() names as many nodes as fit", () => {
  const addrs = Array.from({ length: 8 }, (_, index) => `/ip6/2001:db8:aaaa:bbbb:cccc:dddd:eeee:${index}/tcp/5001`);
  const peers = Array.from({ length: 600 }, () => ({ id: "1".repeat(52), addrs }));
  const encoded = encodeNodeMessage({ ...BRIEF, peers });
  assert.ok(encoded.length <= NODE_MESSAGE_MAX_BYTES);
  assert.ok(decodeNodeMessage(encoded).peers.length >= 128);
  const few = encodeNodeMessage({ ...BRIEF, peers: peers.map(({ id }) => ({ id, addrs: [] })) });
  assert.equal(decodeNodeMessage(few).peers.length, 512);
});
