import { SECOND_MS } from "../../src/core/units.ts";
import { awaitRecovery } from "./await_recovery.ts";
import { type ChaosPlanOptions, type ChaosStep, LASTING_RACKS, planChaos } from "./chaos_plan.ts";
import { ChaosRecord } from "./chaos_record.ts";
import type { ChaosReport } from "./chaos_report.ts";
import { ChaosWorld } from "./chaos_world.ts";
import { Oracle } from "./oracle.ts";
import { SeededRandom } from "./seeded_random.ts";
import { Traffic } from "./traffic.ts";

/** How a run goes. */
export interface ChaosOptions extends ChaosPlanOptions {
  /** Told of each step and of what is wrong, with the time since the start in milliseconds. */
  onLine?(text: string, ms: number): void;
}

/** How long everything may take to be found again, in milliseconds. */
const RECOVERY_TIMEOUT_MS = 30 * SECOND_MS;

interface Run {
  world: ChaosWorld;
  oracle: Oracle;
  random: SeededRandom;
  record: ChaosRecord;
}

/** Runs a plan against a cluster of real nodes under steady lookups. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { seed, racks, partitions, onLine } = options;
  const random = new SeededRandom(seed).fork(); // the plan has the choices of the seed itself
  const oracle = new Oracle();
  await using world = await ChaosWorld.start({ oracle, random: random.fork() }, { racks, namespaces: partitions });
  const record = new ChaosRecord({ seed, nameOf: (id) => world.nameOf(id), onLine });
  const run = { world, oracle, random: random.fork(), record };
  await using traffic = new Traffic({
    world,
    oracle,
    random: random.fork(),
    onViolation: (violation) => record.violation(violation),
    onMiss: (answer) => record.miss(answer),
  });
  for (const { pauseMs, step } of planChaos(options)) {
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    const { kind, ...what } = step;
    record.step(`${kind} ${Object.entries(what).map(([name, value]) => `${name} ${value}`).join(", ")}`.trim());
    await perform(step, run);
  }
  return record.report(traffic.figures);
}

async function perform(step: ChaosStep, run: Run): Promise<void> {
  const { world } = run;
  switch (step.kind) {
    case "kill":
      return await world.kill(step.rack);
    case "revive":
      return await world.revive(step.rack);
    case "stop":
      return await world.stop(step.rack, step.node);
    case "start":
      return await world.startNode(step.rack, step.node);
    case "announce":
      return await world.announce(step.rack, step.node, step.keys);
    case "withdraw":
      return await world.withdraw(step.rack, step.node, step.keys);
    case "partition":
      return await world.partition(step.racks);
    case "heal":
      return await world.heal();
    case "grow":
      return await world.grow(step.nodes);
    case "settle":
      return await settle(run);
    case "measure":
      return await measure(run);
  }
}

async function settle({ world, random, record }: Run): Promise<void> {
  const { ms, missing } = await awaitRecovery(world, { random, timeoutMs: RECOVERY_TIMEOUT_MS });
  record.recovery(ms, missing);
}

async function measure({ world: { racks, nodes }, record }: Run): Promise<void> {
  for (const { number: rack, host, nodes: { length: rackNodes } } of racks) {
    const usage = await host.call("usage", { collect: true });
    record.usage(usage, rack < LASTING_RACKS ? { rack, rackNodes, allNodes: nodes.length } : undefined);
  }
}
