import { MIB, SECOND_MS } from "../../../src/core/units.ts";
import { OciLayout } from "../../support/image/oci_layout.ts";
import { statsOf } from "../../support/routing/hosted_stats.ts";
import { tempDir } from "../../support/temp_dir.ts";
import { until } from "../../support/until.ts";
import { freePort } from "../nginx.ts";
import { startBenchNode, warmUpProgram } from "../bench_node.ts";
import { BUDGETS } from "../budgets.ts";
import { residentBytes } from "../process_usage.ts";
import type { BenchCluster } from "./bench_cluster.ts";
import type { Figure } from "./figure.ts";
import { serveIds } from "./serve_ids.ts";

/** How many blobs the node has itself. */
const OWN_BLOBS = 1_000;
/** How long the node has to join, announce and be told what others have, in milliseconds. */
const SETTLE_TIMEOUT_MS = 120 * SECOND_MS;
/** How long it does nothing then, in milliseconds: V8 collects what all that left behind. */
const IDLE_MS = 20 * SECOND_MS;

/**
 * Measures a whole `peili registry` that joins a cluster whose nodes have announced thousands of keys. For clusters in
 * which every node holds every record.
 */
export async function measureWholeNode(cluster: BenchCluster): Promise<Figure[]> {
  await using parts = new AsyncDisposableStack();
  const { path: dir } = parts.use(await tempDir());
  const before = await statsOf(cluster.hosts);
  const layout = await OciLayout.create(`${dir}/layout`);
  for (let at = 0; at < OWN_BLOBS; at++) await layout.addJson("application/octet-stream", { blob: at });
  await warmUpProgram();
  const node = parts.use(
    await startBenchNode({
      layoutDir: layout.dir,
      dir,
      bootstrapPort: freePort(),
      peerBootstrapPort: parts.use(serveIds(cluster)).addr.port,
    }),
  );
  const own = before.reduce((sum, { records }) => sum + records, OWN_BLOBS * before.length);
  await until("the node to be one of the cluster", async () => {
    const stats = await statsOf(cluster.hosts);
    const records = stats.reduce((sum, { records }) => sum + records, 0);
    return records >= own && stats.every(({ pendingAnnouncements }) => pendingAnnouncements === 0);
  }, { timeoutMs: SETTLE_TIMEOUT_MS, intervalMs: 500 });
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  const others = before.reduce((sum, { announcedKeys }) => sum + announcedKeys, 0);
  return [{
    nodes: before.length + 1,
    what: `memory of a whole node with ${OWN_BLOBS} keys and ${others} records, MiB`,
    value: await residentBytes(node.pid) / MIB,
    atMost: BUDGETS.memory.busyMib,
  }];
}
