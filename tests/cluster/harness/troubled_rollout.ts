import { MIB, SECOND_MS } from "../../../src/core/units.ts";
import type { ClusterNode } from "../../integration/harness/cluster_node.ts";
import { until } from "../../support/until.ts";
import type { UpstreamRequest } from "../../support/upstream/upstream_stats.ts";
import { assertContent } from "./assert_content.ts";
import { describeRollout } from "./describe_rollout.ts";
import { assertLetsGo, footprint } from "./footprint.ts";
import { assertAllPulled, type NamedImage, type NodeRollout, pullWatched } from "./roll_out.ts";
import { type RolloutCluster, UPSTREAM_MBIT } from "./rollout_cluster.ts";
import { layersOf } from "./rollout_images.ts";
import { askersOf, upstreamShare } from "./upstream_share.ts";

/** Who takes part when trouble begins. */
export interface Stage {
  /** The cluster. */
  rollouts: RolloutCluster;
  /** The image that is pulled. Its first layer is the large one. */
  wanted: NamedImage;
  /** The node that downloads from upstream. */
  lead: ClusterNode;
  /** All others. */
  followers: readonly ClusterNode[];
}

/** What {@linkcode troubledRollout} does. */
export interface TroubleOptions {
  /** The share of the large layer that the lead has when trouble begins. @default {0.5} */
  at?: number;
  /** The size of the large layer in MiB. @default {24} */
  layerMib?: number;
  /** What is prepared before anybody pulls. */
  before?(stage: Stage): Promise<unknown>;
  /** What goes wrong. */
  trouble(stage: Stage): Promise<unknown>;
  /** How many things go wrong. @default {1} */
  faults?: number;
}

/** What came of a rollout with trouble. */
export interface TroubledRollout extends Stage {
  /** How the lead's pull went. */
  led: NodeRollout;
  /** How the pulls of the others went. */
  followed: NodeRollout[];
  /** What upstream was asked for. */
  requests: readonly UpstreamRequest[];
}

/** What a fault may cost at most, in milliseconds, compared with pulls without Peili. */
const FAULT_MS = 10 * SECOND_MS;
/** What starting, unpacking and a busy machine may cost, in milliseconds. */
const OVERHEAD_MS = 5 * SECOND_MS;

/**
 * Lets one node download an image, all others follow, and something go wrong in the middle of it.
 *
 * No pull may take longer than pulls without Peili would, each over its share of the same link, plus ten seconds for
 * each fault: it is cancelled then.
 */
export async function troubledRollout(rollouts: RolloutCluster, options: TroubleOptions): Promise<TroubledRollout> {
  const { at = 0.5, layerMib = 24, trouble, faults = 1 } = options;
  const wanted = await rollouts.newImage({ layers: layersOf(layerMib, 2) });
  const lead = rollouts.node(0);
  const followers = rollouts.nodes.slice(1);
  const stage = { rollouts, wanted, lead, followers };
  await options.before?.(stage);
  await rollouts.cluster.upstream.reset();
  const timeoutMs = withoutPeiliMs(rollouts, wanted) + faults * FAULT_MS;
  const pull = (node: ClusterNode) => pullWatched({ node, ...wanted }, { startMs: performance.now(), timeoutMs });
  const leading = pull(lead);
  const { digest } = wanted.image.layers[0] ?? wanted.image.config;
  await until("upstream to be asked", async () => {
    return askersOf(await rollouts.requests(), digest).has(lead.network.address);
  }, { intervalMs: 20 });
  const following = followers.map(pull);
  await lead.hasIngested(Math.floor(at * layerMib) * MIB, wanted.image.layers);
  await trouble(stage);
  const [led, ...followed] = await Promise.all([leading, ...following]);
  const requests = await rollouts.requests();
  console.log(describeRollout("the others", followed, upstreamShare(requests, wanted.image)));
  return { ...stage, led, followed, requests };
}

/** Checks that pulls succeeded, and that every byte on those nodes is right. */
export async function assertRight({ wanted }: TroubledRollout, pulled: readonly NodeRollout[]): Promise<void> {
  assertAllPulled(pulled);
  await assertContent(pulled.map(({ node }) => node), wanted.image);
}

/** Runs something, and checks that the nodes hold on to nothing afterwards. Those that were started again do not count. */
export async function withoutLeaks(rollouts: RolloutCluster, run: () => Promise<void>): Promise<void> {
  const before = await Promise.all(rollouts.nodes.map(async (node) => ({
    node,
    pid: node.peili.process.pid,
    held: await footprint(node),
  })));
  await run();
  for (const { node, pid, held } of before) {
    if (node.peili.process.pid !== pid || node.peili.process.end) continue;
    await assertLetsGo(node, held, rollouts.nodes.length - 1);
  }
}

/** Returns how long every node needs without Peili, all at once over the same link, in milliseconds. */
function withoutPeiliMs({ nodes }: RolloutCluster, { image }: NamedImage): number {
  return nodes.length * image.totalBytes * 8 / (1_000 * UPSTREAM_MBIT) + OVERHEAD_MS;
}
