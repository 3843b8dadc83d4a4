import { assertAllPulled } from "../../cluster/harness/roll_out.ts";
import { type RolloutCluster, startRolloutCluster } from "../../cluster/harness/rollout_cluster.ts";
import { layersOf } from "../../cluster/harness/rollout_images.ts";
import { measureRollout } from "./measure_rollout.ts";
import type { RolloutFigure } from "./rollout_figure.ts";
import type { RolloutOptions } from "./rollout_options.ts";

/** One large layer: what counts is how its bytes come. */
const IMAGE = { layers: layersOf(128) };
/** Two that have the image, and one that pulls it. */
const COUNT = 3;
/** What each of those that have it can send, in Mbit/s, where one alone is to be too slow. */
const SLOW_MBIT = 200;

/** Measures a pull of an image that other nodes have: relayed, redirected, and from several that are slow. */
export async function measureWarm({ generation }: RolloutOptions): Promise<RolloutFigure[]> {
  const secret = await Deno.makeTempFile({ prefix: "peili-" });
  try {
    await Deno.writeTextFile(secret, "a secret of the benchmark, for nobody else\n");
    const relayed = ["--log-level=info"];
    const redirected = [...relayed, `--cluster-secret-file=${secret}`, "--peer-transfer=redirect"];
    return [
      ...await withCluster(generation, relayed, async (rollouts) => [
        await pullWarm(rollouts, "warm, relay"),
        await limited(rollouts, () => pullWarm(rollouts, `warm, relay from two at ${SLOW_MBIT} Mbit/s each`)),
      ]),
      ...await withCluster(generation, redirected, async (rollouts) => [await pullWarm(rollouts, "warm, redirect")]),
    ];
  } finally {
    await Deno.remove(secret);
  }
}

async function withCluster(
  generation: RolloutOptions["generation"],
  peiliFlags: readonly string[],
  measure: (rollouts: RolloutCluster) => Promise<RolloutFigure[]>,
): Promise<RolloutFigure[]> {
  await using rollouts = await startRolloutCluster({ count: COUNT, generation, peiliFlags, upstreamMbit: 2_000 });
  return await measure(rollouts);
}

async function pullWarm(rollouts: RolloutCluster, what: string): Promise<RolloutFigure> {
  const [one, ...others] = rollouts.nodes;
  if (!one) throw new RangeError("Cannot pull: there is no node");
  const named = await rollouts.newImage(IMAGE);
  assertAllPulled(await rollouts.rollOut(named, { nodes: others }));
  await Promise.all(others.map((node) => node.announced()));
  await one.serves(named.name, named.image);
  const figure = await measureRollout(rollouts, named, { what, nodes: [one] });
  await rollouts.settle();
  return figure;
}

/** Limits what nodes can send while something runs. */
async function limited<T>({ nodes }: RolloutCluster, run: () => Promise<T>): Promise<T> {
  for (const { network } of nodes) await network.limitUplink(SLOW_MBIT);
  try {
    return await run();
  } finally {
    for (const { network } of nodes) await network.limitUplink(undefined);
  }
}
