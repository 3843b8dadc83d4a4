import assert from "@std/assert";
import { MIB } from "../../../src/core/units.ts";
import { PEILI_PORTS } from "../../integration/harness/peili.ts";
import type { ClusterNode } from "../../integration/harness/cluster_node.ts";
import { runCommand } from "../../support/run_command.ts";
import { until } from "../../support/until.ts";
import { assertContent } from "../harness/assert_content.ts";
import { describeRollout } from "../harness/describe_rollout.ts";
import { assertAllPulled, type NamedImage, pullWatched } from "../harness/roll_out.ts";
import type { RolloutCluster } from "../harness/rollout_cluster.ts";
import { layersOf } from "../harness/rollout_images.ts";
import type { Scenario } from "../harness/test_scenarios.ts";
import { askersOf, assertShare, requestsBut, upstreamShare } from "../harness/upstream_share.ts";

/** One download takes about a second and a half: enough to join it. */
const LAYERS = { layers: layersOf(12, 3) };

/** What a node that was to lead and does not may cost the others, in milliseconds, beyond what a download takes. */
const PATIENCE_MS = 20_000;

const CANCELLED: Scenario = {
  name: "a node whose pull is cancelled in the middle is not waited for",
  async run(rollouts) {
    const wanted = await rollouts.newImage(LAYERS);
    const lead = rollouts.node(0);
    const cancel = new AbortController();
    await rollouts.cluster.upstream.reset();
    const cancelled = pullWatched({ node: lead, ...wanted }, { startMs: performance.now(), signal: cancel.signal });
    await lead.hasIngested(4 * MIB, wanted.image.layers);
    const others = pullByOthers(rollouts, wanted, lead);
    await lead.hasIngested(6 * MIB, wanted.image.layers);
    cancel.abort();
    assert.ok((await cancelled).error, "the pull was to be cancelled before it ended");
    await others;
    assertShare(upstreamShare(requestsBut(await rollouts.requests(), lead), wanted.image));
  },
};

const CURL: Scenario = {
  name: "someone who asks by hand claims nothing",
  run: (rollouts) => askedByHand(rollouts, "curl/8.0"),
};

const POSER: Scenario = {
  name: "someone who asks as containerd does, and then does nothing, is not waited for",
  run: (rollouts) => askedByHand(rollouts, "containerd/2.1.0"),
};

/** Upstream refuses one node what it gives to the others. */
const REFUSED: readonly Scenario[] = [401, 429, 500].map((status) => ({
  name: `a node that upstream answers ${status} to fails, and nobody else does`,
  async run(rollouts) {
    const wanted = await rollouts.newImage(LAYERS);
    const refused = rollouts.node(0);
    const from = refused.network.address;
    await rollouts.cluster.upstream.setFaults(
      wanted.image.layers.map(({ digest }) => ({ path: digest, from, status })),
    );
    await rollouts.cluster.upstream.reset();
    const own = pullWatched({ node: refused, ...wanted }, { startMs: performance.now() });
    await until("upstream to refuse", async () => {
      const requests = await rollouts.requests();
      return wanted.image.layers.some(({ digest }) => askersOf(requests, digest).has(from));
    }, { intervalMs: 20 });
    await pullByOthers(rollouts, wanted, refused);
    // Its containerd names the first refusal that it met, Peili's 404, or upstream's after a last try there.
    assert.ok((await own).error, "upstream refuses it");
    assertShare(upstreamShare(requestsBut(await rollouts.requests(), refused), wanted.image));
  },
}));

/** What becomes of nodes that wait for one that was to lead. */
export const MISSING_LEADS: readonly Scenario[] = [CANCELLED, CURL, POSER, ...REFUSED];

/** Asks a node for everything of an image, and takes nothing; then all nodes pull it. */
async function askedByHand(rollouts: RolloutCluster, userAgent: string): Promise<void> {
  const wanted = await rollouts.newImage(LAYERS);
  const asked = rollouts.node(0);
  for (const { digest } of [wanted.image.config, ...wanted.image.layers]) {
    const url = `http://127.0.0.1:${PEILI_PORTS.local}/v2/${wanted.name.split(":")[0]}/blobs/${digest}?ns=${
      encodeURIComponent(rollouts.cluster.upstream.address)
    }`;
    const curl = [
      "curl",
      "--silent",
      "--output",
      "/dev/null",
      "--write-out",
      "%{http_code}",
      "--user-agent",
      userAgent,
    ];
    const status = await runCommand("ip", ["netns", "exec", asked.network.netns, ...curl, "--max-time", "10", url]);
    assert.equal(status, "404");
  }
  await rollouts.cluster.upstream.reset();
  await pullByOthers(rollouts, wanted);
  assertShare(upstreamShare(await rollouts.requests(), wanted.image));
}

/** Pulls on all nodes but one, in bounded time. */
async function pullByOthers(rollouts: RolloutCluster, wanted: NamedImage, but?: ClusterNode): Promise<void> {
  const nodes = rollouts.nodes.filter((node) => node !== but);
  const startMs = performance.now();
  const rollout = await Promise.all(
    nodes.map((node) => pullWatched({ node, ...wanted }, { startMs, timeoutMs: PATIENCE_MS })),
  );
  assertAllPulled(rollout);
  console.log(describeRollout("the others", rollout, upstreamShare(await rollouts.requests(), wanted.image)));
  await assertContent(nodes, wanted.image);
}
