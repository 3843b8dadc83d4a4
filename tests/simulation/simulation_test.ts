import assert from "@std/assert";
import { problemsOf } from "./problems_of.ts";
import { type Scenario, ScenarioRun } from "./scenario.ts";
import { scenarios } from "./scenarios.ts";

/** How many nodes there are: as many as are simulated in some seconds. The task `simulate` takes more. */
const NODES = 30;
/** Any seed would do; this one gives the same runs each time. A failure names it. */
const SEED = Number(Deno.env.get("PEILI_TEST_SEED") ?? 929_561);

for (const scenario of scenarios(NODES)) {
  Deno.test(`${NODES} nodes: ${scenario.name}`, async () => {
    const outcome = await new ScenarioRun(scenario, SEED).run();
    assert.deepEqual(problemsOf(scenario, outcome), [], `PEILI_TEST_SEED=${SEED}`);
  });
}

Deno.test("100 nodes stay below the bound of a pipeline with pieces of 1 MiB", async () => {
  const outcome = await new ScenarioRun({ name: "all at once", nodes: 100 }, SEED).run();
  assert.equal(outcome.complete, 100);
  assert.equal(outcome.copies, 1);
  assert(outcome.seconds <= outcome.boundSeconds, `${outcome.seconds} s > ${outcome.boundSeconds} s, seed ${SEED}`);
  assert(outcome.messagesPerNode < 25, `${outcome.messagesPerNode} messages per node`);
});

Deno.test("the same seed gives the same run", async () => {
  const scenario: Scenario = { name: "twice", nodes: 10, layersMib: [8] };
  assert.deepEqual(await new ScenarioRun(scenario, 9).run(), await new ScenarioRun(scenario, 9).run());
});
