import { REPLICATION } from "../../../src/routing/dht/constants.ts";
import { contentKeys } from "../../support/routing/content_keys.ts";
import { bundleHost } from "../../support/routing/router_host.ts";
import { tempDir } from "../../support/temp_dir.ts";
import { awaitQuiet } from "./await_quiet.ts";
import { BenchCluster } from "./bench_cluster.ts";
import type { Figure } from "./figure.ts";
import { measureAnnounce } from "./measure_announce.ts";
import { measureFirstByte } from "./measure_first_byte.ts";
import { awaitFullKnowledge, measureJoin } from "./measure_join.ts";
import { measureLookups } from "./measure_lookups.ts";
import { emptyHostMib, measureIdleMemory, measureRecordMemory } from "./measure_memory.ts";
import { measureStock } from "./measure_stock.ts";
import { measureWholeNode } from "./measure_whole_node.ts";
import type { RoutingOptions } from "./routing_options.ts";
import type { RoutingStage } from "./routing_stage.ts";

/** Measures routing in clusters of the given sizes, one after the other. */
export async function measureRouting(options: RoutingOptions): Promise<Figure[]> {
  await using dir = await tempDir();
  const program = await bundleHost(dir.path);
  const stage = { program, emptyMib: await emptyHostMib(program) };
  const figures: Figure[] = [];
  for (const nodes of options.nodes) {
    tell(nodes, "peili");
    const own = await measureCluster(nodes, stage, options);
    if (nodes > options.stockNodes) {
      figures.push(...own);
      continue;
    }
    tell(nodes, "the stock kad-dht");
    const stock = new Map<string, number>(await measureStock(nodes, stage));
    figures.push(...own.map((figure) => ({ ...figure, stock: stock.get(figure.what) })));
  }
  return figures;
}

async function measureCluster(nodes: number, stage: RoutingStage, options: RoutingOptions): Promise<Figure[]> {
  const { keys, lookups } = options;
  const { program, emptyMib } = stage;
  const startMs = performance.now();
  await using cluster = await BenchCluster.start({ nodes, kind: "peili", program });
  const openedMs = performance.now() - startMs;
  const knowMs = await awaitFullKnowledge(cluster);
  const idleShare = await awaitQuiet(cluster);
  const idle = await measureIdleMemory(cluster, emptyMib);
  const sets = keys.map((count) => contentKeys(`${nodes} nodes ${count} keys`, count));
  const announced: Figure[] = [];
  for (const set of sets) announced.push(...await measureAnnounce(cluster, set));
  await awaitQuiet(cluster);
  const known = sets[0] ?? [];
  const looked = await measureLookups(cluster, known.slice(0, lookups), { misses: lookups });
  return [
    { nodes, what: "start of all nodes: until all know each other, s", value: knowMs && (openedMs + knowMs) / 1_000 },
    { nodes, what: "CPU of an idle node, % of a processor", value: idleShare * 100 },
    ...idle,
    ...announced,
    ...looked,
    ...(nodes <= REPLICATION ? await measureWholeNodes(cluster) : []),
    ...await measureJoin(cluster, known[0] ?? ""), // last: it changes the size of the cluster
  ];
}

async function measureWholeNodes(cluster: BenchCluster): Promise<Figure[]> {
  return [
    ...await measureRecordMemory(cluster),
    ...await measureWholeNode(cluster),
    ...await measureFirstByte(cluster),
  ];
}

function tell(nodes: number, kind: string): void {
  const [load = 0] = Deno.loadavg();
  console.error(`measuring ${nodes} nodes of ${kind}, load average ${load.toFixed(1)} …`);
}
