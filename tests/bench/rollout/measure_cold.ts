import { aloneMs } from "../../cluster/harness/alone.ts";
import { type RolloutCluster, startRolloutCluster } from "../../cluster/harness/rollout_cluster.ts";
import { ROLLOUT_IMAGES } from "../../cluster/harness/rollout_images.ts";
import { measureRollout } from "./measure_rollout.ts";
import { COLD_BUDGET, type RolloutFigure } from "./rollout_figure.ts";
import type { RolloutOptions } from "./rollout_options.ts";

const IMAGE = ROLLOUT_IMAGES["mixed layers"];

/** Measures a new image in clusters of several sizes: with flights, with Peili but no flights, and without Peili. */
export async function measureCold(options: RolloutOptions): Promise<RolloutFigure[]> {
  const figures: RolloutFigure[] = [];
  for (const count of options.nodes) {
    console.error(`measuring ${count} nodes …`);
    figures.push(...await withCluster(options, count, [], withFlights));
    figures.push(...await withCluster(options, count, ["--flights=false"], withoutFlights));
  }
  return figures;
}

async function withCluster(
  { generation, upstreamMbit }: RolloutOptions,
  count: number,
  flags: readonly string[],
  measure: (rollouts: RolloutCluster) => Promise<RolloutFigure[]>,
): Promise<RolloutFigure[]> {
  const peiliFlags = ["--log-level=info", ...flags];
  await using rollouts = await startRolloutCluster({ count, generation, peiliFlags, upstreamMbit });
  return await measure(rollouts);
}

async function withFlights(rollouts: RolloutCluster): Promise<RolloutFigure[]> {
  const figures: RolloutFigure[] = [];
  for (const [shape, image] of Object.entries(ROLLOUT_IMAGES)) {
    const alone = await aloneMs(rollouts, image);
    const figure = await measureRollout(rollouts, await rollouts.newImage(image), { what: `cold, ${shape}` });
    figures.push({ ...figure, ofAlone: 1_000 * figure.seconds / alone, atMost: COLD_BUDGET });
    await rollouts.settle();
  }
  return figures;
}

async function withoutFlights(rollouts: RolloutCluster): Promise<RolloutFigure[]> {
  const alone = await aloneMs(rollouts, IMAGE);
  const noFlights = await measureRollout(rollouts, await rollouts.newImage(IMAGE), { what: "cold, no flights" });
  await rollouts.settle();
  await Promise.all(rollouts.nodes.map((node) => node.withoutPeili()));
  const noPeili = await measureRollout(rollouts, await rollouts.newImage(IMAGE), { what: "cold, no Peili" });
  return [noFlights, noPeili].map((figure) => ({ ...figure, ofAlone: 1_000 * figure.seconds / alone }));
}
