import { SECOND_MS } from "../../src/core/units.ts";
import { SeededRandom } from "./seeded_random.ts";

/** One thing that is done to the cluster. */
export type ChaosStep =
  /** All nodes of a rack die at once and without a word. */
  | { kind: "kill"; rack: number }
  /** A rack that was killed comes back. */
  | { kind: "revive"; rack: number }
  /** One node stops in order. */
  | { kind: "stop"; rack: number; node: number }
  /** A node that was stopped comes back. */
  | { kind: "start"; rack: number; node: number }
  /** A node has more content. */
  | { kind: "announce"; rack: number; node: number; keys: number }
  /** A node loses some of its content. */
  | { kind: "withdraw"; rack: number; node: number; keys: number }
  /** The racks named no longer reach the others: every packet is lost. */
  | { kind: "partition"; racks: readonly number[] }
  /** Ends the partition. */
  | { kind: "heal" }
  /** Nodes are added until there are so many. */
  | { kind: "grow"; nodes: number }
  /** Everything has to be found again. */
  | { kind: "settle" }
  /** Memory is measured. */
  | { kind: "measure" };

/** A step and the pause before it. */
export interface PlannedStep {
  pauseMs: number;
  step: ChaosStep;
}

/** What a plan is made for. */
export interface ChaosPlanOptions {
  /** What all choices come from. */
  seed: number;
  /** How many nodes each rack has. The first two racks are never killed. */
  racks: readonly number[];
  /** How many rounds of kills, with a partition at the end of each. */
  rounds: number;
  /** Whether the network can be partitioned. */
  partitions: boolean;
  /** How many nodes there are in the end. */
  growTo: number;
  /** How many rounds there are after that. */
  roundsGrown: number;
}

/** How many racks stay up whatever happens: their memory is what has to stay flat. */
export const LASTING_RACKS = 2;

/** How many kills and stops a round has. */
const FAULTS_PER_ROUND = 4;
/** How long a rack or node is down, in milliseconds: longer than the others may take to notice. */
const DOWN_MS = { min: 2_500, max: 4_000 };
/** The pause between two changes, in milliseconds. */
const PAUSE_MS = { min: 200, max: 1_200 };
/** How long a partition lasts, in milliseconds. */
const PARTITION_MS = { min: 8 * SECOND_MS, max: 14 * SECOND_MS };
/** How many nodes are added at once. */
const GROWTH = 10;
/** How many keys change at once. */
const KEYS_MAX = 5;

/** Plans everything that is going to happen, the same for the same options. */
export function planChaos(options: ChaosPlanOptions): PlannedStep[] {
  const { seed, racks, rounds, growTo, roundsGrown } = options;
  const random = new SeededRandom(seed);
  const steps: PlannedStep[] = [now({ kind: "settle" }), now({ kind: "measure" })];
  for (let round = 0; round < rounds; round++) steps.push(...planRound(random, options));
  let nodes = racks.reduce((sum, count) => sum + count, 0);
  while (nodes < growTo) {
    nodes = Math.min(growTo, nodes + GROWTH);
    // Here all nodes share a few processors: as many at once as those can introduce to each other in time.
    steps.push({ pauseMs: pause(random), step: { kind: "grow", nodes } }, now({ kind: "settle" }));
  }
  if (roundsGrown > 0) steps.push(now({ kind: "measure" }));
  for (let round = 0; round < roundsGrown; round++) steps.push(...planRound(random, options));
  return steps;
}

/** Plans some faults, each with its end, then a partition with its end. Everything is well again after a round. */
function planRound(random: SeededRandom, { racks, partitions }: ChaosPlanOptions): PlannedStep[] {
  const steps: PlannedStep[] = [];
  for (let fault = 0; fault < FAULTS_PER_ROUND; fault++) {
    steps.push(...planChange(random, racks));
    const rack = random.between(LASTING_RACKS, racks.length - 1);
    const node = random.below(racks[rack] ?? 1);
    const [begin, end]: [ChaosStep, ChaosStep] = random.chance(0.6)
      ? [{ kind: "kill", rack }, { kind: "revive", rack }]
      : [{ kind: "stop", rack, node }, { kind: "start", rack, node }];
    const downMs = random.between(DOWN_MS.min, DOWN_MS.max);
    steps.push({ pauseMs: pause(random), step: begin }, { pauseMs: downMs, step: end });
  }
  steps.push(now({ kind: "settle" }));
  if (partitions) {
    // One lasting rack on each side, so that the nodes of both sides can be asked all the time.
    const others = Array.from(racks.keys()).slice(LASTING_RACKS);
    const side = [0, ...random.sample(others, random.between(1, others.length - 1))];
    const heldMs = random.between(PARTITION_MS.min, PARTITION_MS.max);
    steps.push({ pauseMs: pause(random), step: { kind: "partition", racks: side.toSorted((a, b) => a - b) } });
    steps.push({ pauseMs: heldMs, step: { kind: "heal" } }, now({ kind: "settle" }));
  }
  steps.push(now({ kind: "measure" }));
  return steps;
}

/** Content comes and goes on nodes that are up. */
function planChange(random: SeededRandom, racks: readonly number[]): PlannedStep[] {
  const rack = random.below(racks.length);
  const node = random.below(racks[rack] ?? 1);
  const kind = random.chance(0.5) ? "announce" : "withdraw";
  return [{ pauseMs: pause(random), step: { kind, rack, node, keys: random.between(1, KEYS_MAX) } }];
}

function pause(random: SeededRandom): number {
  return random.between(PAUSE_MS.min, PAUSE_MS.max);
}

function now(step: ChaosStep): PlannedStep {
  return { pauseMs: 0, step };
}
