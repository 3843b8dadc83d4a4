import assert from "@std/assert";
import { parseClusterSecret } from "../../src/trust/cluster_secret.ts";
import { ANSWER_HEADER, PeerClient, SEAL_HEADER } from "../../src/trust/peer_client.ts";
import { parseSeal, type SealProblem, SealVerifier } from "../../src/trust/request_seal.ts";

const SECRET = { keys: parseClusterSecret("a".repeat(32)) };
const PEER = { id: "peer", host: "a:1" };
const DIGEST = `sha256:${"1".repeat(64)}`;
const HOUR_MS = 3_600_000;

interface Asked {
  path: string;
  problem: SealProblem | "unsigned" | undefined;
}

/** A peer whose clock is ahead: it answers 404 to what is not sealed for it, and signs what it answers. */
function aPeer(aheadMs = 0, sign: "signs" | "does not sign" | "signs another" = "signs") {
  const asked: Asked[] = [];
  let nowMs = Date.now() + aheadMs - HOUR_MS;
  const verifier = new SealVerifier(SECRET, PEER.id, { now: () => nowMs });
  const http = {
    fetch(url: string, { method = "GET", headers }: RequestInit): Promise<Response> {
      nowMs = Date.now() + aheadMs;
      const { pathname, search } = new URL(url);
      const given = new Headers(headers);
      const seal = parseSeal(given.get(SEAL_HEADER) ?? "");
      const request = { method, target: `${pathname}${search}`, range: given.get("range") };
      const checked = seal && verifier.check(request, seal);
      asked.push({ path: `${pathname}${search}`, problem: checked ? checked.problem : "unsigned" });
      const date = new Date(nowMs).toUTCString();
      if (!checked || checked.problem) return Promise.resolve(new Response(null, { status: 404, headers: { date } }));
      const answer = new Response("ok", { headers: { date, "docker-content-digest": DIGEST } });
      if (sign !== "does not sign") answer.headers.set(ANSWER_HEADER, checked.signer(sign === "signs" ? DIGEST : "x"));
      return Promise.resolve(answer);
    },
  };
  return { asked, http };
}

Deno.test("PeerClient seals what it asks, with its range", async () => {
  const { asked, http } = aPeer();
  const client = new PeerClient({ http, secret: SECRET });
  const headers = new Headers({ range: "bytes=5-" });
  assert.equal((await client.fetch(PEER, "/v2/a/blobs/b?ns=c%3A5000", { headers })).status, 200);
  assert.equal((await client.fetch(PEER, "/v2/", { method: "HEAD" })).status, 200);
  assert.deepEqual(asked, [{ path: "/v2/a/blobs/b?ns=c%3A5000", problem: undefined }, {
    path: "/v2/",
    problem: undefined,
  }]);
  assert(!headers.has(SEAL_HEADER), "what it is given stays as it is");
});

Deno.test("PeerClient asks as it always did where there is no secret", async () => {
  const { asked, http } = aPeer();
  assert.equal((await new PeerClient({ http }).fetch(PEER, "/v2/", { signedAnswer: true })).status, 404);
  assert.deepEqual(asked, [{ path: "/v2/", problem: "unsigned" }]);
});

for (const aheadMs of [2 * HOUR_MS, -2 * HOUR_MS, 90_000, -90_000]) {
  Deno.test(`PeerClient gets through to a peer whose clock is ${aheadMs} ms ahead, and remembers that`, async () => {
    const { asked, http } = aPeer(aheadMs);
    const client = new PeerClient({ http, secret: SECRET });
    assert.equal((await client.fetch(PEER, "/first", { signedAnswer: true })).status, 200);
    assert.equal((await client.fetch(PEER, "/second")).status, 200);
    assert.deepEqual(asked, [
      { path: "/first", problem: "late" },
      { path: "/first", problem: undefined },
      { path: "/second", problem: undefined },
    ]);
  });
}

Deno.test("PeerClient asks once for what a peer with the right time does not have", async () => {
  const { asked, http } = aPeer();
  const another = { ...PEER, id: "another" }; // so that it refuses
  assert.equal((await new PeerClient({ http, secret: SECRET }).fetch(another, "/x")).status, 404);
  assert.deepEqual(asked.map(({ problem }) => problem), ["forged"]);
});

Deno.test("PeerClient asks twice at most, whatever a peer says of its time", async () => {
  let asked = 0;
  const http = {
    fetch: () => {
      const date = new Date(Date.now() + ++asked * HOUR_MS).toUTCString();
      return Promise.resolve(new Response(null, { status: 404, headers: { date } }));
    },
  };
  await new PeerClient({ http, secret: SECRET }).fetch(PEER, "/x");
  assert.equal(asked, 2);
});

for (const sign of ["does not sign", "signs another"] as const) {
  Deno.test(`PeerClient does not use a tag of a peer that ${sign}`, async () => {
    const { http } = aPeer(0, sign);
    const client = new PeerClient({ http, secret: SECRET });
    await assert.rejects(client.fetch(PEER, "/x", { signedAnswer: true }), /not signed with the cluster secret/);
    assert.equal((await client.fetch(PEER, "/x")).status, 200, "where a digest is asked for, it checks itself");
  });
}

Deno.test("PeerClient tells the time at a peer as soon as it has heard it", async () => {
  const { http } = aPeer(2 * HOUR_MS);
  const client = new PeerClient({ http, secret: SECRET });
  assert(Math.abs(client.nowAt(PEER.id) - Date.now()) < 1_000);
  await client.fetch(PEER, "/x");
  assert(Math.abs(client.nowAt(PEER.id) - Date.now() - 2 * HOUR_MS) < 3_000);
});
