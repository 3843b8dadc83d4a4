import assert from "@std/assert";
import { Coordinator } from "../../src/flight/coordinator.ts";
import { DEFAULT_FLIGHT_RULES, type FlightRules } from "../../src/flight/flight_rules.ts";
import type { Claim } from "../../src/flight/wire/flight_message.ts";
import { claimOf, DIGEST } from "./claims.ts";

/** How long a member that does not claim counts as there, in milliseconds. */
const LEASE_MS = DEFAULT_FLIGHT_RULES.leaseRenewals * DEFAULT_FLIGHT_RULES.renewMs;

/** A coordinator whose clock stands still. */
class Desk {
  nowMs = 1;
  readonly coordinator: Coordinator;

  constructor(rules: Partial<FlightRules> = {}) {
    this.coordinator = new Coordinator({ nowMs: () => this.nowMs, random: () => 0 }, rules);
  }

  join(id: string, differences: Partial<Claim> = {}) {
    return this.claim(id, { join: true, ...differences });
  }

  /** Claims, and returns what is said in few words. */
  claim(id: string, differences: Partial<Claim> = {}) {
    const { answer, wake } = this.coordinator.claim(id, claimOf(differences));
    const sources = answer.sources.map((source) => source.id);
    return { verdict: answer.verdict, sources, wake: wake.map(({ member }) => member), answer };
  }

  /** Lets time pass, in which some followers of the first member claim every second. */
  pass(ms: number, ...ids: string[]): void {
    for (const endMs = this.nowMs + ms; this.nowMs < endMs;) {
      this.nowMs += 1_000;
      for (const id of ids) this.claim(id, { parent: "a" });
    }
  }

  /** Has a lead and some followers join. */
  fill(...ids: string[]): void {
    for (const id of ids) this.join(id);
  }
}

Deno.test("the first is lead, the others follow", () => {
  const desk = new Desk();
  assert.equal(desk.join("a").verdict, "lead");
  const { verdict, sources, answer } = desk.join("b");
  assert.deepEqual({ verdict, sources, epoch: answer.epoch }, { verdict: "follow", sources: ["a"], epoch: 1 });
});

Deno.test("a lead that asks again is lead still", () => {
  const desk = new Desk();
  desk.fill("a", "b");
  assert.equal(desk.join("a").verdict, "lead");
});

Deno.test("no more than the fan-out read from one, as near to the lead as can be", () => {
  const desk = new Desk({ fanOut: 2 });
  const parents = ["a", "b", "c", "d", "e", "f", "g"].map((id) => desk.join(id).sources[0]);
  assert.deepEqual(parents, [undefined, "a", "a", "b", "c", "b", "c"]);
});

Deno.test("a parent in the same zone comes first, a parent that can be read at once even before", () => {
  const desk = new Desk({ fanOut: 3 });
  desk.join("a", { zone: "north" });
  desk.join("b", { zone: "south" });
  assert.deepEqual(desk.join("c", { zone: "south" }).sources, ["b"]);
  desk.join("d", { zone: "east", total: undefined, state: "none" });
  assert.deepEqual(desk.join("e", { zone: "east" }).sources[0], "a");
});

Deno.test("who has finished is found for a minute", () => {
  const desk = new Desk();
  desk.join("a");
  assert.equal(desk.claim("a", { state: "done", offset: 100 }).verdict, "noted");
  desk.nowMs += 59_000;
  assert.deepEqual(pick(desk.join("b")), { verdict: "found", sources: ["a"], wake: [] });
  desk.claim("b", { state: "left" });
  desk.nowMs += 2_000;
  assert.equal(desk.join("c").verdict, "lead");
});

Deno.test("who has finished is found only by as many as the fan-out; the others follow these", () => {
  const desk = new Desk({ fanOut: 2 });
  desk.join("a");
  desk.claim("a", { state: "done", offset: 100 });
  const verdicts = ["b", "c", "d"].map((id) => pick(desk.join(id)));
  assert.deepEqual(verdicts.map(({ verdict, sources }) => `${verdict} ${sources[0]}`), [
    "found a",
    "found a",
    "follow b",
  ]);
});

Deno.test("a member that answered 404 is named to nobody, until it is getting the content again", () => {
  const desk = new Desk();
  desk.fill("a", "b", "c");
  desk.claim("c", { failures: [{ member: "b", why: "missing" }] });
  assert.deepEqual(desk.join("d").sources.includes("b"), false);
  desk.claim("b", { parent: "a" });
  assert.deepEqual(desk.join("e").sources.includes("b"), true);
});

Deno.test("a member of which two say that it answers 404 is not believed", () => {
  const desk = new Desk();
  desk.fill("a", "b", "c", "d");
  for (const id of ["c", "d"]) desk.claim(id, { failures: [{ member: "b", why: "missing" }] });
  desk.claim("b", { parent: "a" });
  assert.equal(desk.join("e").sources.includes("b"), false);
});

Deno.test("a member that gave wrong bytes is named to nobody, whatever it says", () => {
  const desk = new Desk();
  desk.fill("a", "b", "c");
  desk.claim("c", { failures: [{ member: "b", why: "bad" }] });
  desk.claim("b", { parent: "a" });
  assert.equal(desk.join("d").sources.includes("b"), false);
});

Deno.test("a finished member that lost the content is found no more, and another one fetches it", () => {
  const desk = new Desk();
  desk.join("a");
  desk.claim("a", { state: "done", offset: 100 });
  desk.join("b");
  assert.deepEqual(desk.join("b", { failures: [{ member: "a", why: "missing" }] }).verdict, "lead");
});

Deno.test("a lead that gave wrong bytes is replaced", () => {
  const desk = new Desk();
  desk.fill("a", "b", "c");
  assert.equal(desk.claim("b", { failures: [{ member: "a", why: "bad" }] }).verdict, "lead");
});

Deno.test("when the lead fails, the furthest is made lead and woken, in a new epoch", () => {
  const desk = new Desk();
  desk.fill("a", "b", "c", "d");
  desk.claim("b", { offset: 10 });
  desk.claim("c", { offset: 20 });
  assert.deepEqual(desk.claim("a", { role: "lead", state: "failed" }).wake, ["c"]);
  assert.deepEqual(desk.claim("d").sources, ["c"]);
  const { verdict, answer } = desk.claim("c", { offset: 20 });
  assert.deepEqual([verdict, answer.epoch], ["lead", 2]);
});

Deno.test("of followers that are as far, the one that asks is made lead", () => {
  const desk = new Desk();
  desk.fill("a", "b", "c");
  desk.pass(LEASE_MS - 1_000, "b", "c");
  desk.nowMs += 1_000;
  assert.equal(desk.claim("c", { parent: "a" }).verdict, "lead");
});

Deno.test("a lead has a lease of some seconds, or a short one when it cannot be reached", () => {
  const desk = new Desk();
  desk.fill("a", "b");
  desk.pass(LEASE_MS - 1_000, "b");
  desk.nowMs += 900;
  assert.equal(desk.claim("b").verdict, "follow");
  desk.nowMs += 100;
  assert.equal(desk.claim("b").verdict, "lead");

  const suspected = new Desk();
  suspected.fill("a", "b", "c");
  suspected.nowMs += 1_000;
  assert.equal(suspected.claim("b", { failures: [{ member: "a", why: "lost" }] }).sources[0], "c");
  suspected.nowMs += 499;
  assert.equal(suspected.claim("b").verdict, "follow");
  suspected.nowMs += 1;
  assert.equal(suspected.claim("b").verdict, "lead");
});

Deno.test("a lead that cannot be reached by one, but claims, is lead still", () => {
  const desk = new Desk();
  desk.fill("a", "b", "c");
  desk.claim("b", { failures: [{ member: "a", why: "lost" }] });
  desk.nowMs += 1_000;
  desk.claim("a", { role: "lead" });
  desk.nowMs += 1_000;
  assert.deepEqual(desk.claim("c", { parent: "a" }).sources[0], "a");
  assert.deepEqual(desk.claim("b").sources, ["c"], "there is a way around");
});

Deno.test("while the leads get no byte, one more is made after each hold", () => {
  const desk = new Desk({ holdMs: 30_000 });
  desk.fill("a", "b", "c");
  const leads: string[][] = [];
  for (let second = 1; second <= 65; second++) {
    desk.nowMs += 1_000;
    const isLead = (id: string) =>
      desk.claim(id, { role: leads.at(-1)?.includes(id) || id === "a" ? "lead" : "follow" });
    leads.push(["a", "b", "c"].filter((id) => isLead(id).verdict === "lead"));
  }
  assert.deepEqual([leads[28], leads[30], leads[58], leads[61]].map((some) => some?.length), [1, 2, 2, 3]);
});

Deno.test("after four leads in a row that failed without a byte everybody goes upstream", () => {
  const desk = new Desk();
  desk.fill("a", "b", "c", "d", "e", "f");
  for (const [lead, next] of [["a", "b"], ["b", "c"], ["c", "d"]] as const) {
    assert.deepEqual(desk.claim(lead, { role: "lead", state: "failed" }).wake, [next]);
    assert.equal(desk.claim("f").verdict, "follow");
  }
  desk.claim("d", { role: "lead", state: "failed" });
  assert.deepEqual(["e", "f"].map((id) => desk.claim(id).verdict), ["lead", "lead"]);
  desk.claim("f", { role: "lead", offset: 10 });
  assert.equal(desk.join("g").verdict, "follow", "upstream gives bytes");
});

Deno.test("a parent whose ingest is not seen is exchanged after two seconds, and named to nobody by then", () => {
  const desk = new Desk({ fanOut: 1 });
  const without = { state: "none", total: undefined } as const;
  desk.fill("a");
  desk.join("b", without);
  assert.equal(desk.join("c").sources[0], "b");
  desk.nowMs += 2_001;
  desk.claim("b", { ...without, parent: "a" });
  assert.equal(desk.claim("c", { parent: "b" }).sources[0], "a");
  assert.equal(desk.join("d").sources[0], "c");
  assert.equal(desk.join("e").sources[0], "d");
});

Deno.test("two leads that find each other both go on, and the others have both", () => {
  const desk = new Desk({ fanOut: 1 });
  desk.fill("a", "b");
  assert.equal(desk.claim("x", { role: "lead", epoch: 3, offset: 50 }).verdict, "lead");
  assert.equal(desk.claim("a", { role: "lead", epoch: 1 }).verdict, "lead");
  const { sources, answer } = desk.join("c");
  assert.deepEqual([sources[0], answer.epoch], ["x", 3]);
});

Deno.test("a member whose parent is lost does not get one of those that read from it", () => {
  const desk = new Desk({ fanOut: 1 });
  desk.fill("a", "b", "c", "d"); // a chain
  assert.deepEqual(desk.claim("b", { failures: [{ member: "a", why: "lost" }] }).sources, []);
  assert.deepEqual(desk.claim("c", { parent: "b", failures: [{ member: "b", why: "lost" }] }).sources[0], "a");
});

Deno.test("a member that may not have heard of its new parent counts as reading from the old one, too", () => {
  const desk = new Desk({ fanOut: 1 });
  desk.fill("a", "b", "c"); // a chain
  desk.claim("d", { role: "lead" });
  assert.equal(desk.claim("c", { parent: "b", failures: [{ member: "b", why: "full" }] }).sources[0], "d");
  const lost = [{ member: "a", why: "lost" } as const, { member: "d", why: "lost" } as const];
  assert.deepEqual(desk.claim("b", { failures: lost }).sources, []);
  desk.claim("c", { parent: "d" });
  assert.deepEqual(desk.claim("b").sources, ["c"]);
});

Deno.test("a parent without a byte for five seconds is exchanged for one that has more", () => {
  const desk = new Desk();
  desk.fill("a", "b", "c");
  const claimAll = (offset: number) => {
    desk.claim("a", { role: "lead", offset });
    desk.claim("b", { parent: "a" });
    return desk.claim("c", { parent: "b" }).sources[0];
  };
  assert.equal(desk.claim("c", { parent: "b" }).sources[0], "b");
  for (let second = 1; second <= 5; second++) {
    desk.nowMs += 1_000;
    assert.equal(claimAll(10 * second), "b");
  }
  desk.nowMs += 1_000;
  assert.equal(claimAll(60), "a");
});

Deno.test("a member whose ingest is not to be read is named to nobody, and is no lead for others", () => {
  const desk = new Desk();
  desk.join("a", { share: false });
  assert.equal(desk.join("b").verdict, "lead");
  assert.deepEqual(desk.join("c").sources, ["b"]);
});

Deno.test("a new coordinator waits for the lead before it makes another, and keeps everybody where they are", () => {
  const desk = new Desk();
  const first = desk.claim("c", { parent: "b", epoch: 4, offset: 10 });
  assert.deepEqual([first.verdict, first.sources, first.answer.keep], ["follow", [], true]);
  assert.deepEqual(pick(desk.join("new")), { verdict: "follow", sources: [], wake: [] });
  assert.deepEqual(desk.claim("b", { parent: "a", epoch: 4, failures: [{ member: "a", why: "lost" }] }).sources, []);
  desk.nowMs += 500;
  assert.equal(desk.claim("a", { role: "lead", epoch: 4 }).verdict, "lead");
  const renewed = desk.claim("c", { parent: "b", epoch: 4, offset: 10 });
  assert.deepEqual([renewed.verdict, renewed.answer.epoch], ["follow", 4]);
});

Deno.test("a new coordinator makes the furthest lead when the lead does not come", () => {
  const desk = new Desk();
  desk.claim("b", { parent: "a", epoch: 4, offset: 10 });
  desk.claim("c", { parent: "b", epoch: 4, offset: 5 });
  desk.nowMs += 1_500;
  assert.deepEqual(desk.coordinator.expire().map(({ member }) => member), ["b"]);
  assert.equal(desk.claim("b", { offset: 10 }).answer.epoch, 5);
});

Deno.test("a coordinator takes over what the one before knew", () => {
  const before = new Desk();
  before.fill("a", "b");
  before.claim("x", { state: "done", offset: 100 });
  const desk = new Desk();
  desk.coordinator.adopt(DIGEST, before.coordinator.recollect(DIGEST));
  assert.deepEqual(pick(desk.join("c")), { verdict: "found", sources: ["x"], wake: [] });
  assert.equal([...desk.coordinator.members(DIGEST)].length, 4);
  assert.equal(desk.claim("a", { role: "lead", epoch: 1 }).verdict, "lead");
});

Deno.test("what is adopted is held for as long as what is heard", () => {
  const before = new Desk();
  before.fill("a");
  const desk = new Desk();
  desk.coordinator.adopt(DIGEST, before.coordinator.recollect(DIGEST));
  desk.nowMs += LEASE_MS;
  assert.equal(desk.join("b").verdict, "lead");
});

Deno.test("a report alone makes nobody a member", () => {
  const desk = new Desk();
  const report = { role: "none", failures: [{ member: "a", why: "bad" }] } as const;
  assert.equal(desk.claim("z", report).verdict, "noted");
  assert.equal(desk.coordinator.size, 0);
  desk.join("a");
  assert.equal(desk.claim("z", report).verdict, "noted");
  assert.equal(desk.join("b").verdict, "lead", "a gives wrong bytes");
});

Deno.test("the more members there are, the less often they claim; a lead always does", () => {
  const desk = new Desk({ claimsPerSecond: 4 });
  desk.fill("a", "b", "c", "d", "e", "f", "g", "h");
  assert.equal(desk.claim("b", { parent: "a" }).answer.againMs, 2_000);
  assert.equal(desk.claim("a", { role: "lead" }).answer.againMs, 1_000);
});

Deno.test("beyond the bound members are answered, and forgotten", () => {
  const desk = new Desk({ membersMax: 3 });
  desk.fill("a", "b", "c");
  assert.equal(desk.join("d").verdict, "follow");
  assert.equal([...desk.coordinator.members(DIGEST)].length, 3);
});

Deno.test("beyond the bound the flight that was claimed for the longest ago makes way", () => {
  const desk = new Desk({ flightsMax: 2 });
  const digests = ["1", "2", "3"].map((digit) => `sha256:${digit.repeat(64)}` as const);
  for (const digest of digests) desk.join("a", { digest });
  assert.deepEqual(digests.map((digest) => desk.coordinator.knows(digest)), [false, true, true]);
});

Deno.test("Coordinator refuses rules that make no sense", () => {
  assert.throws(() => new Desk({ fanOut: 0 }), RangeError);
});

function pick({ verdict, sources, wake }: ReturnType<Desk["claim"]>) {
  return { verdict, sources, wake };
}
