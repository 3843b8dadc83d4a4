import assert from "@std/assert";
import { findBindAddresses } from "../../../src/routing/dht/bind_addresses.ts";

Deno.test("findBindAddresses() chooses a free port where none is asked for", () => {
  const { port, multiaddrs } = findBindAddresses({ hostname: "127.0.0.1", port: 0 });
  assert.ok(port > 0);
  assert.deepEqual(multiaddrs, [`/ip4/127.0.0.1/tcp/${port}`]);
});

Deno.test("findBindAddresses() takes one socket for both families, or one for each", () => {
  const { port, multiaddrs } = findBindAddresses({ port: 0 });
  const sockets = multiaddrs.map((addr) => addr.replace(/\/tcp\/.*/, ""));
  assert.ok([["/ip6/::"], ["/ip6/::", "/ip4/0.0.0.0"], ["/ip4/0.0.0.0"]].some((one) => one.join() === sockets.join()));
  assert.ok(multiaddrs.every((addr) => addr.endsWith(`/tcp/${port}`)));
});

Deno.test("findBindAddresses() says in one line which address is in use", () => {
  for (const hostname of ["127.0.0.1", "::1"]) {
    using listener = Deno.listen({ hostname, port: 0 });
    const { port } = listener.addr;
    const address = hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
    assert.throws(() => findBindAddresses({ hostname, port }), (reason: unknown) => {
      return String(reason).startsWith(`Error: Cannot listen on "${address}" for libp2p: `);
    });
    assert.throws(() => findBindAddresses({ port }), /Cannot listen on "\[::\]:\d+" for libp2p/);
  }
});
