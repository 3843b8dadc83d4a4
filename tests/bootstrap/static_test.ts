import assert from "@std/assert";
import fc from "fast-check";
import { createStaticBootstrapper, parseStaticPeer } from "../../src/bootstrap/static.ts";

const ID = "12D3KooWNi7fYqhBmDT4RbiHVmYvX9GwKnHQjELrduxfAFARSxbP";

const PEERS = ["/ip4/10.0.0.7/tcp/5001", "/ip6/fd00::7/tcp/5001", "/dns4/node.example/tcp/5001", "/dns/node/tcp/1"];
Deno.test.each(PEERS.map((addr) => ({ addr })))("parseStaticPeer() reads $addr with a peer id", ({ addr }) => {
  assert.deepEqual(parseStaticPeer(`${addr}/p2p/${ID}`), { id: ID, addrs: [addr] });
});

Deno.test.each([
  { text: "" },
  { text: "10.0.0.7:5001" },
  { text: "/ip4/10.0.0.7/tcp/5001" },
  { text: `/ip4/10.0.0.7/p2p/${ID}` },
  { text: `/ip4/10.0.0.700/tcp/5001/p2p/${ID}` },
  { text: `/ip4/10.0.0.7/tcp/70000/p2p/${ID}` },
  { text: `/ip6/10.0.0.7/tcp/5001/p2p/${ID}` },
  { text: `/ip4/10.0.0.7/udp/5001/quic-v1/p2p/${ID}` },
  { text: "/ip4/10.0.0.7/tcp/5001/p2p/" },
  { text: "/ip4/10.0.0.7/tcp/5001/p2p/l0O" },
  { text: `/ip4/10.0.0.7/tcp/5001/p2p/${ID}/p2p-circuit` },
  { text: `/ip4/10.0.0.7/tcp/5001/p2p/${ID}\n` },
])("parseStaticPeer() throws SyntaxError on '$text'", ({ text }) => {
  assert.throws(() => parseStaticPeer(text), (reason: unknown) => {
    return reason instanceof SyntaxError && /^Cannot parse bootstrap peer "/.test(reason.message);
  });
});

Deno.test("parseStaticPeer() reads any text, or throws SyntaxError", () => {
  const textArbitrary = fc.oneof(
    fc.string(),
    fc.array(fc.constantFrom("/", "ip4", "tcp", "p2p", ID, "1", ":")).map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(textArbitrary, (text) => {
      try {
        parseStaticPeer(text);
      } catch (reason) {
        assert(reason instanceof SyntaxError);
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("the static bootstrapper names its peers each time, and refuses a malformed one beforehand", async () => {
  const peers = PEERS.map((addr) => `${addr}/p2p/${ID}`);
  const bootstrapper = createStaticBootstrapper({ peers });
  for (let time = 0; time < 2; time++) {
    assert.deepEqual(await bootstrapper.candidates(), PEERS.map((addr) => ({ id: ID, addrs: [addr] })));
  }
  assert.throws(() => createStaticBootstrapper({ peers: [...peers, "x"] }), SyntaxError);
});
