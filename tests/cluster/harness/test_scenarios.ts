import { missingForIntegration } from "../../integration/setup/missing.ts";
import type { ClusterKind } from "../../integration/harness/test_clusters.ts";
import { type RolloutCluster, startRolloutCluster } from "./rollout_cluster.ts";
import { useBundle } from "../../support/use_bundle.ts";

/** Something that happens to a cluster, and what has to hold then. It leaves the cluster as it found it. */
export interface Scenario {
  /** What holds. */
  name: string;
  /** Lets it happen. */
  run(rollouts: RolloutCluster): Promise<void>;
}

/** On which cluster scenarios happen. */
export interface ScenarioCluster extends ClusterKind {
  /** How many nodes. */
  count: number;
  /** More flags for each Peili. */
  peiliFlags?: readonly string[];
}

const missing = await missingForIntegration();
if (missing) console.warn(`left out: ${missing}`);

/**
 * Registers one test whose steps are scenarios, one after the other on the same cluster: starting one is dear.
 *
 * @param title What is shown.
 */
export function testScenarios(
  title: string,
  { generation, config, ...options }: ScenarioCluster,
  scenarios: readonly Scenario[],
): void {
  const kind = `${options.count} nodes, containerd ${generation}${config ? `, ${config.name}` : ""}`;
  Deno.test({
    name: `${title} (${kind})`,
    ignore: missing !== undefined,
    fn: async (t) => {
      await useBundle();
      await using rollouts = await startRolloutCluster({ generation, config, ...options });
      for (const { name, run } of scenarios) {
        await t.step(name, async () => {
          try {
            await run(rollouts);
          } catch (reason) {
            console.error(await rollouts.cluster.logTails());
            throw reason;
          } finally {
            await rollouts.settle();
          }
        });
      }
    },
  });
}
