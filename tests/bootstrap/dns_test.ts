import assert from "@std/assert";
import { createDnsBootstrapper, parseDnsName } from "../../src/bootstrap/dns.ts";

Deno.test("the dns bootstrapper names the addresses of a name, without ids and ports", async () => {
  const candidates = await createDnsBootstrapper({ domain: "localhost" }).candidates();
  assert.ok(candidates.length > 0);
  assert.ok(candidates.every(({ id, addrs }) => id === undefined && addrs.length === 1));
  assert.ok(candidates.flatMap(({ addrs }) => addrs).every((addr) => ["/ip4/127.0.0.1", "/ip6/::1"].includes(addr)));
});

Deno.test("the dns bootstrapper names nobody for a name that does not exist, or says so in one line", async () => {
  // A name server that cannot be reached at all is an error; one that answers is not.
  const answer = await createDnsBootstrapper({ domain: "no-such-name.invalid" }).candidates().catch(String);
  if (typeof answer === "string") assert.match(answer, /^Error: Cannot resolve "no-such-name\.invalid": [^\n]+$/);
  else assert.deepEqual(answer, []);
});

Deno.test("the dns bootstrapper ends when its signal aborts", async () => {
  const bootstrapper = createDnsBootstrapper({ domain: "localhost" });
  await assert.rejects(bootstrapper.candidates({ signal: AbortSignal.abort(new Error("over")) }), /over/);
});

Deno.test.each([
  { name: "peili-bootstrap.peili.svc.cluster.local." },
  { name: "bootstrap" },
  { name: "_peers.example" },
])("parseDnsName() reads $name", ({ name }) => {
  assert.equal(parseDnsName(name), name);
});

Deno.test.each([
  { name: "" },
  { name: "." },
  { name: "a..b" },
  { name: "a b" },
  { name: "http://a" },
  { name: "a:5001" },
  { name: "-a.example" },
  { name: `${"a".repeat(64)}.example` },
  { name: "a.".repeat(128) },
])("parseDnsName() throws SyntaxError on '$name'", ({ name }) => {
  assert.throws(() => parseDnsName(name), SyntaxError);
});
