import assert from "@std/assert";
import fc from "fast-check";
import { rackSizes } from "./chaos_options.ts";
import { type ChaosPlanOptions, LASTING_RACKS, planChaos } from "./chaos_plan.ts";

const OPTIONS: ChaosPlanOptions = {
  seed: 1,
  racks: rackSizes(20),
  rounds: 3,
  partitions: true,
  growTo: 100,
  roundsGrown: 2,
};

Deno.test("planChaos() plans the same for the same seed, and something else for another one", () => {
  assert.deepEqual(planChaos(OPTIONS), planChaos(OPTIONS));
  assert.notDeepEqual(planChaos(OPTIONS), planChaos({ ...OPTIONS, seed: 2 }));
});

Deno.test("planChaos() spares the racks that last, undoes everything and ends well, whatever the seed", () => {
  fc.assert(fc.property(fc.integer({ min: 0 }), (seed) => {
    let bad: string | undefined;
    for (const { step } of planChaos({ ...OPTIONS, seed })) {
      switch (step.kind) {
        case "kill":
        case "stop":
          assert.equal(bad, undefined, "one fault at a time");
          assert.ok(step.rack >= LASTING_RACKS);
          bad = step.kind;
          break;
        case "partition":
          assert.equal(bad, undefined, "one fault at a time");
          assert.ok(step.racks.includes(0) && !step.racks.includes(1), "a rack that lasts on each side");
          bad = step.kind;
          break;
        case "revive":
        case "start":
        case "heal":
          assert.equal(bad, { revive: "kill", start: "stop", heal: "partition" }[step.kind]);
          bad = undefined;
          break;
        case "settle":
        case "measure":
          assert.equal(bad, undefined, "nothing is wrong when everything has to be found");
      }
    }
    assert.equal(bad, undefined);
  }));
});

Deno.test("planChaos() grows to the wanted size and measures memory before and after rounds of the same size", () => {
  const steps = planChaos(OPTIONS).map(({ step }) => step);
  assert.deepEqual(steps.filter(({ kind }) => kind === "grow").at(-1), { kind: "grow", nodes: 100 });
  assert.equal(steps.filter(({ kind }) => kind === "measure").length, 1 + 3 + 1 + 2);
  assert.equal(steps.at(-1)?.kind, "measure");
});

Deno.test("planChaos() leaves partitions out where there can be none", () => {
  const steps = planChaos({ ...OPTIONS, partitions: false });
  assert.deepEqual(steps.filter(({ step: { kind } }) => kind === "partition" || kind === "heal"), []);
});
