import assert from "@std/assert";
import fc from "fast-check";
import {
  addressesOverlap,
  formatAddress,
  type ListenAddress,
  parseListenAddress,
} from "../../src/core/listen_address.ts";

const READS: Record<string, ListenAddress> = {
  ":5000": { port: 5000 },
  ":0": { port: 0 },
  "0.0.0.0:65535": { hostname: "0.0.0.0", port: 65535 },
  "127.0.0.1:5000": { hostname: "127.0.0.1", port: 5000 },
  "localhost:5000": { hostname: "127.0.0.1", port: 5000 },
  "[::]:5000": { hostname: "::", port: 5000 },
  "[::1]:5000": { hostname: "::1", port: 5000 },
  "[::ffff:10.0.0.1]:1": { hostname: "::ffff:10.0.0.1", port: 1 },
};

for (const [text, address] of Object.entries(READS)) {
  Deno.test(`parseListenAddress() reads ${text}`, () => {
    assert.deepEqual(parseListenAddress(text), address);
  });
}

const MALFORMED = [
  "",
  "5000",
  ":",
  "::1:5000",
  "[::1]",
  "[]:80",
  "[127.0.0.1]:80",
  "1.2.3:80",
  "256.0.0.1:80",
  "host:80",
]
  .concat([
    "127.0.0.1:",
    "127.0.0.1:-1",
    "127.0.0.1:8o",
    "127.0.0.1:123456",
    " :80",
    ":80 ",
    "http://1.2.3.4:80",
    "[:::]:1",
  ]);

for (const text of MALFORMED) {
  Deno.test(`parseListenAddress() throws SyntaxError on "${text}"`, () => {
    assert.throws(() => parseListenAddress(text), SyntaxError);
  });
}

Deno.test("parseListenAddress() throws RangeError on a port over 65535", () => {
  assert.throws(() => parseListenAddress(":65536"), RangeError);
  assert.throws(() => parseListenAddress("[::1]:99999"), RangeError);
});

Deno.test("parseListenAddress() reads what formatAddress() wrote", () => {
  const hostname = fc.oneof(fc.ipV4(), fc.ipV6());
  fc.assert(fc.property(hostname, fc.nat(65_535), (hostname, port) => {
    assert.deepEqual(parseListenAddress(formatAddress(hostname, port)), { hostname, port });
  }));
});

Deno.test("parseListenAddress() returns an address or throws SyntaxError or RangeError on any text", () => {
  const text = fc.oneof(fc.string(), fc.stringMatching(/^[0-9.:[\]a-f]*$/), fc.webAuthority({ withPort: true }));
  fc.assert(fc.property(text, (text) => {
    try {
      const { hostname, port } = parseListenAddress(text);
      assert(Number.isInteger(port) && port >= 0 && port <= 65_535);
      assert.notEqual(hostname, "");
    } catch (reason) {
      assert(reason instanceof SyntaxError || reason instanceof RangeError, String(reason));
    }
  }));
});

const OVERLAPS: [string, string, boolean][] = [
  ["127.0.0.1:80", "127.0.0.1:80", true],
  ["127.0.0.1:80", "127.0.0.1:81", false],
  ["127.0.0.1:80", "127.0.0.2:80", false],
  ["127.0.0.1:80", ":80", true],
  ["127.0.0.1:80", "0.0.0.0:80", true],
  ["127.0.0.1:80", "[::]:80", true],
  ["[::1]:80", "0.0.0.0:80", false],
  ["[::1]:80", "[::]:80", true],
  ["[::1]:80", ":80", true],
  ["[::1]:80", "[0:0:0:0:0:0:0:1]:80", true],
  ["[0::0]:80", "127.0.0.1:80", true],
  ["0.0.0.0:80", ":80", true],
  ["[::]:80", "0.0.0.0:80", true],
  [":0", ":0", false],
  ["127.0.0.1:0", "127.0.0.1:0", false],
];

for (const [a, b, overlap] of OVERLAPS) {
  Deno.test(`addressesOverlap() is ${overlap} for ${a} and ${b}, either way round`, () => {
    assert.equal(addressesOverlap(parseListenAddress(a), parseListenAddress(b)), overlap);
    assert.equal(addressesOverlap(parseListenAddress(b), parseListenAddress(a)), overlap);
  });
}
