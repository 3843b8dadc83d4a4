import assert from "@std/assert";
import { parseChaosOptions, rackSizes } from "./chaos_options.ts";

Deno.test("parseChaosOptions() takes a seed of its own each time unless it is given", () => {
  assert.equal(parseChaosOptions(["--seed=17"]).seed, 17);
  const seeds = Array.from({ length: 20 }, () => parseChaosOptions([]).seed);
  assert.ok(new Set(seeds).size > 1);
});

Deno.test("parseChaosOptions() reads every flag", () => {
  const args = ["--seed=1", "--minutes=3", "--nodes=40", "--grow-to=60", "--no-partitions"];
  assert.deepEqual(parseChaosOptions(args), {
    seed: 1,
    racks: rackSizes(40),
    rounds: 2,
    partitions: false,
    growTo: 60,
    roundsGrown: 2,
  });
});

for (const args of [["--seed=now"], ["--minutes=-1"], ["--nodes=1.5"], ["--fast"], ["more"]]) {
  Deno.test(`parseChaosOptions() throws SyntaxError on ${args.join(" ")}`, () => {
    assert.throws(() => parseChaosOptions(args), SyntaxError);
  });
}

Deno.test("rackSizes() divides all nodes, at least one in each rack", () => {
  assert.deepEqual(rackSizes(20), [4, 4, 5, 4, 2, 1]);
  assert.ok(rackSizes(6).every((count) => count >= 1));
});
