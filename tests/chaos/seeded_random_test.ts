import assert from "@std/assert";
import { SeededRandom } from "./seeded_random.ts";

function draw(random: SeededRandom, count = 20): number[] {
  return Array.from({ length: count }, () => random.below(1_000_000));
}

Deno.test("SeededRandom gives the same choices for the same seed, and others for another one", () => {
  assert.deepEqual(draw(new SeededRandom(7)), draw(new SeededRandom(7)));
  assert.notDeepEqual(draw(new SeededRandom(7)), draw(new SeededRandom(8)));
  assert.deepEqual(draw(new SeededRandom(7).fork()), draw(new SeededRandom(7).fork()));
  assert.notDeepEqual(draw(new SeededRandom(7).fork()), draw(new SeededRandom(7)));
});

Deno.test("SeededRandom.below() and between() reach every number of their range and no other", () => {
  const random = new SeededRandom(1);
  const below = new Set(Array.from({ length: 500 }, () => random.below(5)));
  const between = new Set(Array.from({ length: 500 }, () => random.between(-1, 1)));
  assert.deepEqual([...below].toSorted(), [0, 1, 2, 3, 4]);
  assert.deepEqual([...between].toSorted((a, b) => a - b), [-1, 0, 1]);
});

Deno.test("SeededRandom.chance() is about as frequent as its probability", () => {
  const random = new SeededRandom(2);
  const hits = Array.from({ length: 10_000 }, () => random.chance(0.3)).filter((hit) => hit).length;
  assert.ok(Math.abs(hits - 3_000) < 200, `${hits} of 10000`);
  assert.equal(random.chance(0), false);
  assert.equal(random.chance(1), true);
});

Deno.test("SeededRandom.sample() takes each item once", () => {
  const items = ["a", "b", "c", "d"];
  const random = new SeededRandom(3);
  assert.deepEqual(random.sample(items, 10).toSorted(), items);
  assert.equal(new Set(random.sample(items, 3)).size, 3);
  assert.equal(random.pick([]), undefined);
});
