import assert from "@std/assert";
import fc from "fast-check";
import { DialLimit } from "../../../src/routing/dht/dial_limit.ts";

Deno.test("DialLimit grows by one for each round that is quick, up to a bound", () => {
  const limit = new DialLimit();
  assert.equal(limit.count, 4);
  for (let round = 0; round < 5; round++) limit.took(20);
  assert.equal(limit.count, 5);
  for (let round = 0; round < 1_000; round++) limit.took(20);
  assert.equal(limit.count, 16);
});

Deno.test("DialLimit halves when one is slow, once for all that are slow at the same time", () => {
  let nowMs = 0;
  const limit = new DialLimit({ now: () => nowMs });
  for (let round = 0; round < 10; round++) limit.took(3_000);
  assert.equal(limit.count, 2);
  nowMs += 1_000;
  limit.took(3_000);
  assert.equal(limit.count, 1);
  limit.took(500);
  assert.equal(limit.count, 1, "what is neither quick nor slow says nothing");
});

Deno.test("DialLimit stays within its bounds whatever happens, and finds back", () => {
  fc.assert(fc.property(fc.array(fc.nat({ max: 20_000 }), { maxLength: 200 }), (times) => {
    let nowMs = 0;
    const limit = new DialLimit({ now: () => nowMs });
    for (const ms of times) {
      nowMs += ms;
      limit.took(ms);
      assert.ok(limit.count >= 1 && limit.count <= 16);
    }
    for (let round = 0; round < 200; round++) limit.took(1);
    assert.equal(limit.count, 16);
  }));
});
