import assert from "@std/assert";
import fc from "fast-check";
import { parseClusterSecret } from "../../src/trust/cluster_secret.ts";
import { formatSeal, parseSeal, type SealedRequest, sealRequest, SealVerifier } from "../../src/trust/request_seal.ts";

const SECRET = { keys: parseClusterSecret("a".repeat(32)) };
const OTHER = { keys: parseClusterSecret("b".repeat(32)) };
const REQUEST: SealedRequest = { method: "GET", target: "/v2/a/blobs/sha256:1?ns=b", range: "bytes=5-" };
const NOW_MS = 1_800_000_000_000;

function verifierAt(offsetMs = 0, secret = SECRET, peer = "peer"): SealVerifier {
  return new SealVerifier(secret, peer, () => NOW_MS + offsetMs);
}

Deno.test("a seal is accepted once", () => {
  const verifier = verifierAt();
  const seal = sealRequest(SECRET, { ...REQUEST, peer: "peer" }, NOW_MS);
  assert.equal(verifier.problem(REQUEST, seal), undefined);
  assert.equal(verifier.problem(REQUEST, seal), "replayed");
});

const CHANGES: [name: string, change: Partial<SealedRequest>][] = [
  ["another method", { method: "HEAD" }],
  ["another path", { target: "/v2/a/blobs/sha256:2?ns=b" }],
  ["another query", { target: "/v2/a/blobs/sha256:1?ns=c" }],
  ["another range", { range: "bytes=6-" }],
  ["no range", { range: null }],
];

for (const [name, change] of CHANGES) {
  Deno.test(`a seal is no good for ${name}`, () => {
    const seal = sealRequest(SECRET, { ...REQUEST, peer: "peer" }, NOW_MS);
    assert.equal(verifierAt().problem({ ...REQUEST, ...change }, seal), "forged");
  });
}

Deno.test("a seal is no good at another node, at another time, or with another nonce", () => {
  const seal = sealRequest(SECRET, { ...REQUEST, peer: "peer" }, NOW_MS);
  assert.equal(verifierAt(0, SECRET, "another").problem(REQUEST, seal), "forged");
  assert.equal(verifierAt().problem(REQUEST, { ...seal, timeSeconds: seal.timeSeconds + 1 }), "forged");
  assert.equal(verifierAt().problem(REQUEST, { ...seal, nonce: "A".repeat(22) }), "forged");
});

for (
  const [offsetMs, problem] of [[-61_000, "late"], [-59_000, undefined], [59_000, undefined], [61_000, "late"]] as const
) {
  Deno.test(`a seal that is ${offsetMs} ms old is ${problem ?? "good"}`, () => {
    const seal = sealRequest(SECRET, { ...REQUEST, peer: "peer" }, NOW_MS);
    assert.equal(verifierAt(offsetMs).problem(REQUEST, seal), problem);
  });
}

Deno.test("a seal of either secret is accepted while both are, and the first one signs", () => {
  const both = { keys: [...OTHER.keys, ...SECRET.keys] };
  const sealed = { ...REQUEST, peer: "peer" };
  assert.equal(verifierAt(0, both).problem(REQUEST, sealRequest(SECRET, sealed, NOW_MS)), undefined);
  assert.equal(verifierAt(0, both).problem(REQUEST, sealRequest(OTHER, sealed, NOW_MS)), undefined);
  assert.equal(verifierAt(0, SECRET).problem(REQUEST, sealRequest(both, sealed, NOW_MS)), "forged");
});

Deno.test("whatever is done to a seal makes it no good", () => {
  const seal = formatSeal(sealRequest(SECRET, { ...REQUEST, peer: "peer" }, NOW_MS));
  fc.assert(fc.property(fc.nat(seal.length - 1), fc.constantFrom(..."abcXYZ019-_."), (at, letter) => {
    fc.pre(seal[at] !== letter);
    const changed = parseSeal(seal.slice(0, at) + letter + seal.slice(at + 1));
    assert(changed === undefined || verifierAt().problem(REQUEST, changed) !== undefined);
  }));
});

Deno.test("parseSeal() reads what formatSeal() writes, and nothing else", () => {
  const seal = sealRequest(SECRET, { ...REQUEST, peer: "peer" }, NOW_MS);
  assert.deepEqual(parseSeal(formatSeal(seal)), seal);
  fc.assert(fc.property(fc.string(), (text) => assert.equal(parseSeal(text), undefined)));
});
