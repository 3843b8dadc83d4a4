import assert from "@std/assert";
import type { LookupOutcome } from "../support/routing/host_calls.ts";
import { Oracle } from "./oracle.ts";

const KEY = "sha256:1";

function outcome(ids: readonly string[], lateMs = 0, stallMs = 0): LookupOutcome {
  return { providers: ids.map((id) => ({ id, hosts: [], atMs: 1 })), endMs: 2, lateMs, stallMs };
}

/** A world in which `a` and `b` have had the key since the start. */
function makeOracle(): Oracle {
  const oracle = new Oracle();
  for (const id of ["a", "b", "asker"]) oracle.starts(id, 0);
  for (const id of ["a", "b"]) oracle.announces(id, [KEY], 0);
  return oracle;
}

function kinds(oracle: Oracle, askedMs: number, answer: LookupOutcome, asker = "asker"): string[] {
  return oracle.judge({ asker, key: KEY, askedMs, outcome: answer }).map(({ kind }) => kind);
}

Deno.test("Oracle.judge() has nothing to say about right answers, empty ones among them", () => {
  assert.deepEqual(kinds(makeOracle(), 10, outcome(["a", "b"])), []);
  assert.deepEqual(kinds(makeOracle(), 10, outcome([])), []);
});

Deno.test("Oracle.judge() finds who never announced the key, and who asked", () => {
  assert.deepEqual(kinds(makeOracle(), 10, outcome(["a", "c"])), ["wrong"]);
  assert.deepEqual(kinds(makeOracle(), 10, outcome(["a"]), "a"), ["self"]);
});

Deno.test("Oracle.judge() finds answers after their deadline", () => {
  assert.deepEqual(kinds(makeOracle(), 10, outcome(["a"], 199)), []);
  assert.deepEqual(kinds(makeOracle(), 10, outcome([], 201)), ["late"]);
});

Deno.test("Oracle.judge() lets a dead node be named for 2 s, and again once it is back", () => {
  const oracle = makeOracle();
  oracle.died("a", 1_000);
  assert.equal(oracle.deadForMs("a", 1_500), 500);
  assert.deepEqual(kinds(oracle, 3_000, outcome(["a"])), []);
  assert.deepEqual(kinds(oracle, 3_001, outcome(["a"])), ["dead"]);
  oracle.starts("a", 4_000);
  assert.deepEqual(kinds(oracle, 4_001, outcome(["a"])), []);
});

Deno.test("Oracle.judge() lets a dead node not be named again after one failed fetch", () => {
  const oracle = makeOracle();
  oracle.died("a", 1_000);
  oracle.failedToFetch("asker", "a", 1_100);
  assert.deepEqual(kinds(oracle, 1_100, outcome(["a"])), [], "it was asked before the fetch");
  assert.deepEqual(kinds(oracle, 1_101, outcome(["a"])), ["deadAgain"]);
  assert.deepEqual(kinds(oracle, 1_101, outcome(["a"]), "b"), [], "another one has not failed to fetch");
});

Deno.test("Oracle.judge() counts what a node withdrew just before it died from its next start on", () => {
  const oracle = new Oracle();
  for (const id of ["quick", "slow"]) {
    oracle.starts(id, 0);
    oracle.announces(id, [KEY], 0);
    oracle.withdrew(id, [KEY], 1_000);
  }
  oracle.died("quick", 2_000);
  oracle.died("slow", 4_000);
  for (const id of ["quick", "slow"]) oracle.starts(id, 8_000);
  assert.deepEqual(kinds(oracle, 9_000, outcome(["quick"])), []);
  assert.deepEqual(kinds(oracle, 9_000, outcome(["slow"])), ["withdrawn"], "it had the time to tell");
  assert.deepEqual(kinds(oracle, 10_001, outcome(["quick"])), ["withdrawn"]);
});

Deno.test("Oracle.judge() lets a node be named for 2 s for a key that it has withdrawn, and again with it", () => {
  const oracle = makeOracle();
  oracle.withdrew("a", [KEY, "never announced"], 1_000);
  assert.deepEqual(kinds(oracle, 3_000, outcome(["a"])), []);
  assert.deepEqual(kinds(oracle, 3_001, outcome(["a"])), ["withdrawn"]);
  oracle.announces("a", [KEY], 4_000);
  assert.deepEqual(kinds(oracle, 9_000, outcome(["a"])), []);
});

Deno.test("Oracle.providersOf() names who has been up with the key for a while", () => {
  const oracle = makeOracle();
  assert.deepEqual(oracle.providersOf(KEY, 4_999), []);
  assert.deepEqual(oracle.providersOf(KEY, 5_000), ["a", "b"]);
  oracle.withdrew("b", [KEY], 5_000);
  oracle.died("a", 5_000);
  assert.deepEqual(oracle.providersOf(KEY, 9_000), []);
  oracle.starts("a", 9_000);
  assert.deepEqual(oracle.providersOf(KEY, 13_999), []);
  assert.deepEqual(oracle.providersOf(KEY, 14_000), ["a"]);
});

Deno.test("Oracle.judge() gives nodes the time that their event loops were held up", () => {
  const oracle = makeOracle();
  oracle.died("a", 1_000);
  assert.deepEqual(kinds(oracle, 3_500, outcome(["a"], 0, 250)), []);
  assert.deepEqual(kinds(oracle, 3_501, outcome(["a"], 0, 250)), ["dead"]);
});
