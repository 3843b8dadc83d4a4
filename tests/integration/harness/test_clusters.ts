import { missingForIntegration } from "../setup/missing.ts";
import type { ContainerdGeneration } from "../setup/tools.ts";
import { type Cluster, startCluster } from "./cluster.ts";
import type { ContainerdConfig } from "./containerd_config.ts";

/** A kind of cluster that tests run on. */
export interface ClusterKind {
  /** Which containerd. */
  generation: ContainerdGeneration;
  /** What differs from its defaults, with a word for it. */
  config?: ContainerdConfig & { name: string };
}

/** Runs one step of a test; a failure of it is followed by the ends of all logs. */
export type ClusterStep = (name: string, run: () => Promise<void>) => Promise<void>;

const missing = await missingForIntegration();
if (missing) console.warn(`left out: ${missing}`);

/**
 * Registers one test for each kind of cluster. Its steps share the cluster, one after the other.
 *
 * @param title What is shown.
 * @param kinds On which clusters.
 * @param run Runs the steps.
 */
export function testClusters(
  title: string,
  kinds: readonly ClusterKind[],
  run: (cluster: Cluster, step: ClusterStep) => Promise<void>,
): void {
  for (const { generation, config } of kinds) {
    const name = `${title} (containerd ${generation}${config ? `, ${config.name}` : ""})`;
    Deno.test({
      name,
      ignore: missing !== undefined,
      fn: async (t) => {
        await using cluster = await startCluster({ generation, config });
        await run(cluster, async (stepName, runStep) => {
          await t.step(stepName, async () => {
            try {
              await runStep();
            } catch (reason) {
              console.error(await cluster.logTails());
              throw reason;
            }
          });
        });
      },
    });
  }
}
