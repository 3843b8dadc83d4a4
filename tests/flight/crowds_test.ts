import assert from "@std/assert";
import { Coordinator } from "../../src/flight/coordinator.ts";
import { DEFAULT_FLIGHT_RULES } from "../../src/flight/flight_rules.ts";
import type { Claim } from "../../src/flight/wire/flight_message.ts";
import { MIB } from "../../src/core/units.ts";
import { claimOf, DIGEST } from "./claims.ts";
import { FlightStage, TOTAL } from "./flight_stage.ts";

const { fanOut, fruitlessMs, graceMs } = DEFAULT_FLIGHT_RULES;

/** A coordinator whose clock stands still. */
function openDesk() {
  const clock = { nowMs: 1 };
  const coordinator = new Coordinator({ nowMs: () => clock.nowMs, random: () => 0 });
  const claim = (id: string, differences: Partial<Claim> = {}) => coordinator.claim(id, claimOf(differences)).answer;
  return { clock, coordinator, claim };
}

Deno.test("members whose downloads upstream refused are read from when they try again", () => {
  const { clock, claim } = openDesk();
  for (const id of ["a", "b", "c"]) claim(id, { join: true });
  claim("a", { role: "lead", state: "failed" });
  for (const id of ["b", "c"]) claim(id, { failures: [{ member: "a", why: "missing" }] }); // it has nothing to give now
  for (const id of ["b", "c"]) claim(id, { role: "lead", state: "failed" });
  clock.nowMs += 5_000;
  assert.equal(claim("a", { join: true }).verdict, "lead");
  assert.deepEqual(claim("b", { join: true }).sources.map(({ id }) => id), ["a"]);
});

Deno.test("a while after upstream refused everybody, one of them tries it, and one more refusal tells the others", () => {
  const { clock, claim } = openDesk();
  const ids = ["a", "b", "c", "d", "e", "f"];
  for (const id of ids) claim(id, { join: true });
  for (const id of ids.slice(0, 4)) claim(id, { role: "lead", state: "failed" });
  assert.equal(claim("e").verdict, "lead");
  assert.equal(claim("f").verdict, "lead");
  for (const id of ["e", "f"]) claim(id, { role: "lead", state: "failed" });
  clock.nowMs += fruitlessMs;
  assert.deepEqual(ids.map((id) => claim(id, { join: true }).verdict), ["lead", ...Array(5).fill("follow")]);
  claim("a", { role: "lead", state: "failed" });
  assert.deepEqual(["b", "c"].map((id) => claim(id).verdict), ["lead", "lead"]);
});

/** A lead that is far ahead of many, all of whose parents have stood still for long. */
function standStill(count: number) {
  const desk = openDesk();
  desk.claim("lead", { join: true });
  desk.claim("stuck", { join: true });
  const ids = Array.from({ length: count }, (_, index) => `m${index}`);
  for (const id of ids) desk.claim(id, { parent: "stuck", offset: 5 });
  for (let second = 1; second <= 10; second++) {
    desk.clock.nowMs += 1_000;
    desk.claim("lead", { role: "lead", offset: 50 + second });
    desk.claim("stuck", { parent: "lead" });
  }
  return { ...desk, ids };
}

Deno.test("of many whose parent stands still, only so many go to the one that has more as it can serve", () => {
  const { claim, ids } = standStill(20);
  const parents = ids.map((id) => claim(id, { parent: "stuck", offset: 5 }).sources[0]?.id);
  assert.equal(parents.filter((id) => id === "lead").length, fanOut);
  assert.equal(parents.filter((id) => id === "stuck").length, ids.length - fanOut);
});

Deno.test("a parent that is merely slow is exchanged for one that has all of it, once there is one", () => {
  const { clock, claim } = openDesk();
  for (const id of ["lead", "slow", "child"]) claim(id, { join: true });
  let sources: string[] = [];
  for (let second = 1; second <= 11; second++) {
    clock.nowMs += 1_000;
    claim("lead", second < 9 ? { role: "lead", offset: 11 * second } : { state: "done", offset: 100 });
    const offset = Math.floor(second / 4); // never still for as long as a parent may be
    claim("slow", { parent: "lead", offset });
    sources = claim("child", { parent: "slow", offset }).sources.map(({ id }) => id);
    if (second < 9) assert.deepEqual(sources, ["slow"]);
  }
  assert.deepEqual(sources, ["lead"]);
});

Deno.test("a coordinator that may have missed a flight makes no lead before its members had time to come", () => {
  const { clock, coordinator, claim } = openDesk();
  coordinator.expectMembers(DIGEST);
  assert.deepEqual([claim("new", { join: true }).verdict, claim("new").sources], ["follow", []]);
  claim("lead", { role: "lead", offset: 10 });
  assert.deepEqual(claim("new").sources.map(({ id }) => id), ["lead"]);
  coordinator.expectMembers(`sha256:${"cd".repeat(32)}`);
  const other = { digest: `sha256:${"cd".repeat(32)}`, join: true } as const;
  assert.equal(claim("new", other).verdict, "follow");
  clock.nowMs += graceMs;
  assert.equal(claim("new", other).verdict, "lead");
});

Deno.test("a coordinator that was none for a while believes nothing of who read from whom before", () => {
  const { clock, claim } = openDesk();
  for (const id of ["lead", "a", "b"]) claim(id, { join: true });
  claim("a", { parent: "lead", offset: 10 });
  clock.nowMs += 4_500;
  // Meanwhile a has come to read from b, says somebody else. It has not claimed here yet.
  const { verdict, sources, keep } = claim("b", {
    offset: 10,
    parent: "gone",
    failures: [{ member: "gone", why: "lost" }],
  });
  assert.deepEqual({ verdict, sources, keep }, { verdict: "follow", sources: [], keep: false });
  claim("a", { parent: "b", offset: 10 });
  claim("lead", { role: "lead", offset: 20 });
  assert.deepEqual(claim("b", { offset: 10 }).sources.map(({ id }) => id), ["lead"]);
});

Deno.test("a node that comes while the coordinator is silent does not fetch what others are getting", async () => {
  await using stage = new FlightStage(Array.from({ length: 8 }, (_, index) => `n${index}`));
  const [coordinator, ...others] = stage.cluster.network.order(DIGEST);
  const [first, second, late] = others.toReversed();
  assert.equal((await stage.join(first!)).type, "lead");
  stage.node(first!).store.grow(DIGEST, MIB);
  const reading = await stage.follow(second!);
  await stage.read(reading);
  stage.cluster.kill(coordinator!, "silent");
  const seat = await stage.follow(late!);
  const turn = await stage.read(seat);
  assert.ok([first, second].includes(turn.member.id), turn.member.id);
});

Deno.test("a source that has all of it, but is silent for the last bytes, is left after five seconds", async () => {
  await using stage = new FlightStage(["a", "b", "c"]);
  await stage.join("a");
  stage.node("a").store.grow(DIGEST, TOTAL - 1_000);
  const seat = await stage.follow("b");
  const turn = await stage.read(seat);
  seat.received(TOTAL - 1_000);
  stage.node("a").store.commit(DIGEST);
  stage.node("b").store.grow(DIGEST, TOTAL - 1_000);
  await stage.pass(3_000);
  assert.equal(turn.signal.aborted, false);
  await stage.pass(4_000);
  assert.equal(turn.signal.aborted, true);
});
