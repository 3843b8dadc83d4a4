import assert from "@std/assert";
import fc from "fast-check";
import { parseClusterSecret } from "../../src/trust/cluster_secret.ts";
import { formatSeal, parseSeal, type SealedRequest, sealRequest, SealVerifier } from "../../src/trust/request_seal.ts";

const SECRET = { keys: parseClusterSecret("a".repeat(32)) };
const OTHER = { keys: parseClusterSecret("b".repeat(32)) };
const REQUEST: SealedRequest = { method: "GET", target: "/v2/a/blobs/sha256:1?ns=b", range: "bytes=5-" };
const NOW_MS = 1_800_000_000_000;

/** A node that has run for an hour. */
function verifierAt(offsetMs = 0, secret = SECRET, peer = "peer"): SealVerifier {
  let nowMs = NOW_MS - 3_600_000;
  const verifier = new SealVerifier(secret, peer, { now: () => nowMs });
  nowMs = NOW_MS + offsetMs;
  return verifier;
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

Deno.test("a seal from before the start of a node is no good, as it may have been accepted then", () => {
  const seal = sealRequest(SECRET, { ...REQUEST, peer: "peer" }, NOW_MS);
  const now = () => NOW_MS + 3_000;
  assert.equal(new SealVerifier(SECRET, "peer", { now }).problem(REQUEST, seal), "late");
  const sealed = sealRequest(SECRET, { ...REQUEST, peer: "peer" }, NOW_MS + 3_000);
  assert.equal(new SealVerifier(SECRET, "peer", { now }).problem(REQUEST, sealed), undefined);
});

Deno.test("no more nonces are remembered than there may be, and those of refused requests not at all", () => {
  const verifier = new SealVerifier(SECRET, "peer", { now: () => NOW_MS, maxNonces: 10 });
  const seals = Array.from({ length: 50 }, () => sealRequest(SECRET, { ...REQUEST, peer: "peer" }, NOW_MS));
  for (const seal of seals.slice(0, 5)) verifier.problem(REQUEST, seal);
  for (let count = 0; count < 1_000; count++) {
    verifier.problem(REQUEST, sealRequest(OTHER, { ...REQUEST, peer: "peer" }, NOW_MS));
    verifier.problem(REQUEST, sealRequest(SECRET, { ...REQUEST, peer: "peer" }, NOW_MS - 90_000));
  }
  assert.equal(verifier.nonces, 5);
  assert.deepEqual(seals.slice(0, 5).map((seal) => verifier.problem(REQUEST, seal)), Array(5).fill("replayed"));
  for (const seal of seals) verifier.problem(REQUEST, seal);
  assert.equal(verifier.nonces, 10);
});

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
  const word = (length: number) =>
    fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) =>
      bytes.toBase64({ alphabet: "base64url", omitPadding: true })
    );
  const parts = { timeSeconds: fc.nat(999_999_999_999), nonce: word(16), signature: word(32) };
  const seals = fc.record(parts, { noNullPrototype: true });
  fc.assert(fc.property(seals, (seal) => assert.deepEqual(parseSeal(formatSeal(seal)), seal)));
  const around = fc.tuple(seals, fc.string({ minLength: 1 }), fc.boolean());
  fc.assert(fc.property(around, ([seal, more, before]) => {
    const text = before ? `${more}${formatSeal(seal)}` : `${formatSeal(seal)}${more}`;
    const read = parseSeal(text);
    assert(read === undefined || formatSeal(read) === text || /^0/.test(text), "nothing is passed over");
  }));
});
