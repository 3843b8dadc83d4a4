import assert from "@std/assert";
import { OwnAddresses } from "../../../src/routing/dht/own_addresses.ts";
import { parsePeerAddress } from "../../../src/routing/dht/peer_address.ts";
import { isLoopback, isNodeAddress } from "../../../src/routing/dht/ip_address.ts";

const PORT = 5001;

Deno.test("OwnAddresses announces loopback only for a node that listens on loopback alone", () => {
  for (const hostname of ["127.0.0.1", "127.0.0.9", "::1", "0:0:0:0:0:0:0:1"]) {
    const own = new OwnAddresses({ hostname, port: PORT });
    assert.ok(own.loopbackOnly);
    assert.ok(own.announced().every(({ ip }) => isLoopback(ip)));
    assert.equal(own.announced().length, 1);
  }
  for (const hostname of [undefined, "::", "0.0.0.0", "10.1.2.3"]) {
    const own = new OwnAddresses({ hostname, port: PORT });
    assert.ok(!own.loopbackOnly);
    assert.ok(own.announced().every(({ ip, port }) => isNodeAddress(ip) && !isLoopback(ip) && port === PORT));
  }
});

Deno.test("OwnAddresses announces the machine's addresses for a node that listens on all of them", () => {
  const outward = Deno.networkInterfaces().filter(({ address }) => isNodeAddress(address) && !isLoopback(address));
  const own = new OwnAddresses({ port: PORT });
  assert.equal(own.announced().length > 0, outward.length > 0);
  assert.ok(own.announced().every(({ ip }) => outward.some(({ address }) => address === ip)));
  const four = new OwnAddresses({ hostname: "0.0.0.0", port: PORT });
  assert.ok(four.announced().every(({ ip }) => !ip.includes(":")));
});

Deno.test("OwnAddresses announces just the address that the node listens on", () => {
  const own = new OwnAddresses({ hostname: "203.0.113.9", port: PORT });
  assert.deepEqual(
    own.announced(),
    [{ ip: "203.0.113.9", port: PORT }],
    "a public address is announced like any other",
  );
  assert.deepEqual(own.announcedAddrs().map(parsePeerAddress), [{ ip: "203.0.113.9", port: PORT }]);
});

Deno.test("OwnAddresses.isOwn() tells what leads back to this node", () => {
  const all = new OwnAddresses({ port: PORT });
  assert.ok(all.isOwn("127.0.0.1"));
  assert.ok(all.isOwn("127.0.0.5"));
  assert.ok(all.announced().every(({ ip }) => all.isOwn(ip)));
  assert.ok(!all.isOwn("203.0.113.9"));
  const one = new OwnAddresses({ hostname: "127.0.0.1", port: PORT });
  assert.ok(one.isOwn("127.0.0.1"));
  assert.ok(!one.isOwn("127.0.0.2"), "another node of this machine may listen there");
});
