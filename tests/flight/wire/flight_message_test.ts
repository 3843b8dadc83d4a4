import assert from "@std/assert";
import fc from "fast-check";
import {
  type Answer,
  type Claim,
  decodeAnswer,
  decodeMessage,
  decodeRecollection,
  encodeAnswer,
  encodeMessage,
  encodeRecollection,
  FAILURES_MAX,
  type Recollection,
  SOURCES_MAX,
} from "../../../src/flight/wire/flight_message.ts";
import { MEMBER_MESSAGE_MAX_BYTES } from "../../../src/routing/members.ts";
import { claimOf, DIGEST } from "../claims.ts";

/** Objects as JSON makes them. */
const PLAIN = { noNullPrototype: true };

const id = fc.string({ minLength: 1, maxLength: 60 });
const offset = fc.nat();
const total = fc.option(fc.nat(), { nil: undefined });
const hosts = fc.array(fc.string({ maxLength: 40 }), { maxLength: 8 });
const state = fc.constantFrom("none", "queued", "growing", "done", "failed", "left");

const claim: fc.Arbitrary<Claim> = fc.record({
  digest: fc.constant(DIGEST),
  join: fc.boolean(),
  role: fc.constantFrom("lead", "follow", "none"),
  state,
  offset,
  total,
  epoch: fc.nat(),
  parent: fc.option(id, { nil: undefined }),
  failures: fc.array(fc.record({ member: id, why: fc.constantFrom("missing", "bad", "lost", "full") }, PLAIN), {
    maxLength: FAILURES_MAX,
  }),
  share: fc.boolean(),
  zone: fc.string({ maxLength: 60 }),
  hosts,
  origin: fc.option(id, { nil: undefined }),
}, PLAIN);

const answer: fc.Arbitrary<Answer> = fc.record({
  verdict: fc.constantFrom("lead", "follow", "found", "noted"),
  epoch: fc.nat(),
  againMs: fc.integer({ min: 1, max: 60_000 }),
  sources: fc.array(fc.record({ id, hosts, state, offset, total }, PLAIN), { maxLength: SOURCES_MAX }),
  keep: fc.boolean(),
}, PLAIN);

function bytesOf(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

Deno.test("a claim is read as it was written", () => {
  fc.assert(fc.property(claim, (claim) => {
    assert.deepEqual(decodeMessage(encodeMessage({ kind: "claim", claim })), { kind: "claim", claim });
  }));
});

Deno.test("an answer is read as it was written", () => {
  fc.assert(fc.property(answer, (answer) => assert.deepEqual(decodeAnswer(encodeAnswer(answer)), answer)));
});

Deno.test("the other messages are read as they were written", () => {
  for (const kind of ["wake", "recall"] as const) {
    assert.deepEqual(decodeMessage(encodeMessage({ kind, digest: DIGEST })), { kind, digest: DIGEST });
  }
  const source = { id: "a", hosts: ["a:1"], state: "growing", offset: 1, total: 2 } as const;
  const member = { ...source, zone: "z", role: "lead", parent: undefined, leftMs: 10 } as const;
  const recollection: Recollection = { epoch: 3, members: [member] };
  assert.deepEqual(decodeRecollection(encodeRecollection(recollection)), recollection);
});

Deno.test("fields and words of a later version are passed over", () => {
  const later = { ...claimOf({ offset: 5 }), state: "preheating", role: "seed", mood: "good" };
  const message = decodeMessage(bytesOf({ kind: "claim", claim: later, signature: "…" }));
  assert.deepEqual(message, { kind: "claim", claim: claimOf({ offset: 5, state: "queued", role: "follow" }) });
  const answered = decodeAnswer(
    bytesOf({ verdict: "follow", againMs: 9e9, sources: [{ id: "a", state: "?", rank: 1 }] }),
  );
  assert.deepEqual(answered, {
    ...{ verdict: "follow", againMs: 60_000, epoch: 0, keep: false },
    sources: [{ id: "a", hosts: [], state: "queued", offset: 0, total: undefined }],
  });
});

Deno.test("what is more than enough is left out", () => {
  const failures = Array.from({ length: 100 }, (_, index) => ({ member: `${index}`, why: "lost" as const }));
  const message = decodeMessage(bytesOf({ kind: "claim", claim: claimOf({ failures }) }));
  assert.equal(message.kind === "claim" && message.claim.failures.length, FAILURES_MAX);
});

const MALFORMED: [name: string, value: unknown][] = [
  ["no object", 5],
  ["an unknown kind", { kind: "song" }],
  ["no digest", { kind: "wake", digest: "sha256:5" }],
  ["an endless number of failures", {
    kind: "claim",
    claim: claimOf({ failures: Array(1_000).fill({ member: "a", why: "bad" }) }),
  }],
  ["a negative offset", { kind: "claim", claim: claimOf({ offset: -1 }) }],
  ["an offset that is no number", { kind: "claim", claim: { ...claimOf(), offset: "1" } }],
  ["too long a zone", { kind: "claim", claim: claimOf({ zone: "z".repeat(200) }) }],
];

for (const [name, value] of MALFORMED) {
  Deno.test(`a message with ${name} is refused`, () => {
    assert.throws(() => decodeMessage(bytesOf(value)), SyntaxError);
  });
}

Deno.test("bytes that are no message are refused", () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => {
    for (const decode of [decodeMessage, decodeAnswer, decodeRecollection]) {
      assert.throws(() => decode(bytes), SyntaxError);
    }
  }));
  assert.throws(() => decodeMessage(new Uint8Array(MEMBER_MESSAGE_MAX_BYTES + 1).fill(32)), SyntaxError);
});

Deno.test("an answer with an unknown verdict is refused", () => {
  assert.throws(() => decodeAnswer(bytesOf({ verdict: "maybe", againMs: 1 })), SyntaxError);
});

Deno.test("the longest claim and the longest answer fit into a message", () => {
  const long = { id: "m".repeat(128), hosts: Array(8).fill("h".repeat(280)) };
  const failures = Array(FAILURES_MAX).fill({ member: long.id, why: "missing" });
  const claim = claimOf({ failures, parent: long.id, origin: long.id, hosts: long.hosts, zone: "z".repeat(128) });
  assert(encodeMessage({ kind: "claim", claim }).length < MEMBER_MESSAGE_MAX_BYTES);
  const member = { ...long, state: "growing", offset: 2 ** 52, total: 2 ** 52, zone: "z".repeat(128) } as const;
  const members = Array(16).fill({ ...member, role: "follow", parent: long.id, leftMs: 60_000 });
  assert(encodeRecollection({ epoch: 2 ** 52, members }).length < MEMBER_MESSAGE_MAX_BYTES);
});
