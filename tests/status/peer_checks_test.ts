import assert from "@std/assert";
import { MemoryNetwork } from "../../src/routing/memory_router.ts";
import { PeerChecks } from "../../src/status/peer_checks.ts";
import { answerReach, askReach } from "../../src/status/reach_back.ts";
import type { PeerListener } from "../../src/trust/peer_client.ts";

const answers: Record<string, () => Response> = {
  "a:1": () => new Response(null, { headers: { date: new Date(Date.now() + 90_000).toUTCString() } }),
  "b:1": () => new Response(null, { status: 404 }),
};

const client = {
  fetch({ host }: PeerListener): Promise<Response> {
    const answer = answers[host];
    return answer ? Promise.resolve(answer()) : Promise.reject(new TypeError("connection refused"));
  },
};

Deno.test("PeerChecks tells who answers, who refuses and who is not there, and whose clock is ahead", async () => {
  const members = () => ["a", "b", "c"].map((name) => ({ id: name, hosts: [`${name}:1`] }));
  const { checks } = await new PeerChecks({ members, client }).run();
  const [a, b, c] = checks.toSorted((one, other) => one.id.localeCompare(other.id));
  assert.equal(a?.result, "ok");
  assert(Math.abs((a?.skewMs ?? 0) - 90_000) < 2_000);
  assert.deepEqual([b?.result, b?.detail], ["refused", "status 404"]);
  assert.deepEqual([c?.result, c?.detail], ["failed", "connection refused"]);
});

Deno.test("PeerChecks asks some nodes of many, once for all who call together", async () => {
  let asked = 0;
  const members = () => Array.from({ length: 100 }, (_, n) => ({ id: `${n}`, hosts: ["a:1"] }));
  const checks = new PeerChecks({
    members,
    client: {
      fetch(peer) {
        asked++;
        return client.fetch(peer);
      },
    },
  });
  const [one, other] = await Promise.all([checks.run(), checks.run()]);
  assert.equal(one, other);
  assert.equal(asked, 8);
  assert.equal(new Set(one.checks.map(({ id }) => id)).size, 8);
  assert.equal(await checks.run(), one, "a moment later too");
});

for (
  const [name, host, wanted] of [
    ["reaches it", "a:1", { reached: true }],
    ["is refused", "b:1", { reached: false, detail: "b:1 answers 404" }],
    ["does not reach it", "c:1", { reached: false, detail: "c:1: connection refused" }],
  ] as const
) {
  Deno.test(`askReach() tells that another node ${name}`, async () => {
    const network = new MemoryNetwork();
    await using asker = network.open({ id: "asker", hosts: [host] });
    await using other = network.open({ id: "other", hosts: ["d:1"] });
    using _answering = answerReach({ members: other, messenger: other, client });
    assert.deepEqual(await askReach(asker, "other"), wanted);
  });
}
