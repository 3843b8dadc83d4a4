import assert from "@std/assert";
import { type Outcome, type Scenario, ScenarioRun } from "./scenario.ts";
import { scenarios } from "./scenarios.ts";

/** How many nodes there are: as many as are simulated in some seconds. The task `simulate` takes more. */
const NODES = 30;
/** Any seed would do; this one gives the same runs each time. A failure names it. */
const SEED = Number(Deno.env.get("PEILI_TEST_SEED") ?? 929_561);

/** What a scenario may cost at most, where that is more than one copy in the time of one node and some. */
const ALLOWED: Readonly<Record<string, { copies?: number; times?: number; leads?: number; lost?: number }>> = {
  "links only twice as fast as upstream": { times: 1.3 },
  "lead dies in the middle": { copies: 1.05, times: 1.4, lost: 1 },
  "lead falls silent in the middle": { copies: 1.05, times: 1.7, lost: 1 },
  "upstream refuses the lead in the middle": { copies: 1.05, times: 1.4, lost: 1 },
  "upstream refuses everybody": { lost: NODES, leads: NODES },
  "coordinator dies in the middle": { lost: 1, copies: 1.05, times: 1.4 },
  "coordinator and lead fall silent": { copies: 1.05, times: 1.9, lost: 2 },
  "a fifth of the nodes dies": { copies: 1.6, times: 2.5, lost: NODES / 5, leads: 2 },
  "half as many join just after": { times: 1.6 },
  // A side without the lead goes on by itself, once it knows that it is one: nobody is heard of for 8 s.
  // Leads are bounded by the number of sides plus one, and so are copies.
  "a partition from the middle on": { copies: 3, times: 3, leads: 3 },
  "a partition that heals": { copies: 3, times: 3, leads: 3 },
  "a node in the tree stops writing": { times: 1.6, lost: 1 },
  "twelve layers in opposite order": { copies: 1.1, times: 1.4 },
};

function problems({ name, nodes }: Scenario, outcome: Outcome): string[] {
  const { copies = 1.02, times = 1.2, leads = 1, lost = 0 } = ALLOWED[name] ?? {};
  const found: string[] = [];
  if (outcome.hanging > 0) found.push(`${outcome.hanging} nodes wait for ever`);
  if (outcome.cycles > 0) found.push(`nodes read in a circle, ${outcome.cycles} times`);
  if (outcome.maxLeads > leads) found.push(`${outcome.maxLeads} nodes read from upstream at a time`);
  if (outcome.failed > lost) found.push(`${outcome.failed} pulls failed`);
  if (outcome.complete < nodes - lost) found.push(`${outcome.complete} pulls are complete`);
  if (outcome.copies > copies) found.push(`upstream sent ${outcome.copies.toFixed(3)} copies`);
  const limitSeconds = times * outcome.aloneSeconds;
  if (outcome.seconds > limitSeconds) {
    found.push(`it took ${outcome.seconds.toFixed(1)} s, not ${limitSeconds.toFixed(1)}`);
  }
  return found;
}

for (const scenario of scenarios(NODES)) {
  Deno.test(`${NODES} nodes: ${scenario.name}`, async () => {
    const outcome = await new ScenarioRun(scenario, SEED).run();
    assert.deepEqual(problems(scenario, outcome), [], `PEILI_TEST_SEED=${SEED}`);
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
