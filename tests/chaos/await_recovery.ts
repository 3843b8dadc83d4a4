import { SECOND_MS } from "../../src/core/units.ts";
import { statsOf } from "../support/routing/hosted_stats.ts";
import type { HostedRouter } from "../support/routing/hosted_router.ts";
import type { ChaosNode } from "./chaos_node.ts";
import type { ChaosWorld } from "./chaos_world.ts";
import type { SeededRandom } from "./seeded_random.ts";

/** How a recovery is awaited. */
export interface RecoveryOptions {
  /** Chooses who is asked for what. */
  random: SeededRandom;
  /** How long it may take, in milliseconds. */
  timeoutMs: number;
}

/** What came of it. */
export interface Recovery {
  /** Until everything was found again, in milliseconds. */
  ms: number;
  /** What is still missing, in words; nothing after a full recovery. */
  missing: string[];
}

/** How many nodes are asked, and for how many keys each. */
const ASKERS = 12;
const KEYS_PER_ASKER = 12;
/** How long a lookup may take here, in milliseconds. */
const DEADLINE_MS = 2 * SECOND_MS;
/** How many nodes are named that do not find everything. */
const DESCRIBED_MAX = 3;
/** The pause between two rounds, in milliseconds. */
const PAUSE_MS = 250;

/** Waits until the nodes that are up know exactly each other, and find what they have. */
export async function awaitRecovery(world: ChaosWorld, options: RecoveryOptions): Promise<Recovery> {
  const { random, timeoutMs } = options;
  const startMs = performance.now();
  let questions = random.sample(world.nodes, ASKERS).flatMap((asker) => question(world, asker, random));
  for (;;) {
    questions = (await Promise.all(questions.map(notFound))).filter(({ wanted }) => wanted.length > 0);
    const missing = [...describe(questions), ...await strangers(world)];
    const ms = performance.now() - startMs;
    if (missing.length === 0 || ms >= timeoutMs) return { ms, missing };
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

interface Question {
  asker: ChaosNode;
  router: HostedRouter;
  /** Keys and who has them, one for each of several nodes. */
  wanted: { key: string; holder: ChaosNode }[];
}

function question({ nodes }: ChaosWorld, asker: ChaosNode, random: SeededRandom): Question[] {
  if (!asker.router) return [];
  const holders = random.sample(nodes.filter((node) => node !== asker && node.router), KEYS_PER_ASKER);
  const wanted = holders.map((holder) => ({ holder, key: random.pick([...holder.keys]) ?? "" }));
  return [{ asker, router: asker.router, wanted }];
}

async function notFound({ asker, router, wanted }: Question): Promise<Question> {
  const outcomes = await router.lookup(wanted.map(({ key }) => key), { deadlineMs: DEADLINE_MS });
  return { asker, router, wanted: wanted.filter((_, at) => outcomes[at]?.providers.length === 0) };
}

function describe(questions: readonly Question[]): string[] {
  const texts = questions.map(({ asker, wanted }) => {
    const keys = wanted.map(({ key, holder }) => `${key.slice(0, 15)}… of ${holder.name}`);
    return `${asker.name} does not find ${keys.join("; ")}`;
  });
  return texts.slice(0, DESCRIBED_MAX);
}

/** Tells which nodes do not know exactly the others that are up. */
async function strangers({ racks, routers }: ChaosWorld): Promise<string[]> {
  const hosts = racks.map(({ host }) => host);
  const others = routers.length - 1;
  const peers = (await statsOf(hosts)).map((stats) => stats.peers).filter((peers) => peers !== others);
  if (peers.length === 0) return [];
  return [`${peers.length} nodes know from ${Math.min(...peers)} to ${Math.max(...peers)} peers of ${others}`];
}
