import assert from "@std/assert";
import { OwnHost } from "../../src/http/own_host.ts";
import { gateSeals, type Refusal } from "../../src/transfer/seal_gate.ts";
import { parseClusterSecret } from "../../src/trust/cluster_secret.ts";
import { SealVerifier } from "../../src/trust/request_seal.ts";

const SECRET = { keys: parseClusterSecret("a".repeat(32)) };

/** A gate before a handler that always has something, and whom it refused. */
function gate(verifier: SealVerifier | undefined) {
  const refused: Refusal[] = [];
  const ownHost = new OwnHost();
  const handler = gateSeals(() => Response.json({ peers: 5 }), {
    verifier: () => verifier,
    isTrusted: (_, { remoteAddr }) => ownHost.has(remoteAddr.hostname),
    onRefused: (why) => void refused.push(why),
  });
  const ask = async (hostname: string, path = "/v2/") => {
    const remoteAddr = { transport: "tcp", hostname, port: 1 } as const;
    const response = await handler(new Request(`http://a:1${path}`), { remoteAddr, completed: Promise.resolve() });
    return { status: response.status, body: await response.text() };
  };
  return { ask, refused };
}

Deno.test("gateSeals() answers a client that it trusts, and nobody else without proof", async () => {
  const { ask, refused } = gate(new SealVerifier(SECRET, "peer"));
  assert.equal((await ask("127.0.0.1")).status, 200);
  assert.deepEqual(await ask("192.0.2.1"), { status: 404, body: "" });
  assert.deepEqual(await ask("192.0.2.1", "/readyz"), { status: 200, body: "" });
  assert.deepEqual(refused, ["unsigned"]);
});

Deno.test("gateSeals() lets everything pass as long as there is no secret", async () => {
  const { ask, refused } = gate(undefined);
  assert.deepEqual(await ask("192.0.2.1"), { status: 200, body: '{"peers":5}' });
  assert.deepEqual(refused, []);
});
