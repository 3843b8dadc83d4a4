import type { BenchOptions } from "./bench_options.ts";
import { type BenchStage, expectBytesFrom } from "./bench_stage.ts";
import { BUDGETS } from "./budgets.ts";
import { type Contender, measureThroughput, type Throughput } from "./measure_throughput.ts";
import { relayServer, sendfileServer } from "./nginx.ts";
import type { Result } from "./result.ts";
import { throughputBudgets, throughputResult } from "./throughput_result.ts";

/** The two ways of relaying: a body from the first byte on is hashed, one from the second byte on cannot be. */
const HASHED = "peili, hashed";
const UNHASHED = "peili, not hashed";

/**
 * Measures how a node relays a blob of another node, beside nginx that serves the file itself, and nginx that relays
 * it from that one: client, relay and source share the processors, which no relay can help.
 */
export async function measureRelay(stage: BenchStage, { runs, blobBytes }: BenchOptions): Promise<Result[]> {
  const { relay, server, reader, filePath, layoutDir } = stage;
  const source = await stage.nginx(sendfileServer(layoutDir));
  const between = source && await stage.nginx(relayServer(source.origin));
  const contenders: Contender[] = [
    { name: HASHED, url: stage.blobUrl(relay), pids: { relay: relay.pid, source: server.pid } },
    { name: UNHASHED, url: stage.blobUrl(relay), start: 1, pids: { relay: relay.pid, source: server.pid } },
  ];
  if (source && between) {
    contenders.unshift(
      { name: "nginx, sendfile", url: `${source.origin}${filePath}`, pids: { relay: source.pid } },
      { name: "nginx, relay", url: `${between.origin}${filePath}`, pids: { relay: between.pid, source: source.pid } },
    );
  }
  const measured = await measureThroughput(contenders, reader, runs);
  await expectBytesFrom(relay, "peer", 2 * runs * (blobBytes - 1));
  return measured.flatMap((throughput) => results(throughput, source ? measured[0] : undefined));
}

function results(throughput: Throughput, yardstick: Throughput | undefined): Result[] {
  const relay = throughputResult("relay", throughput, { yardstick, process: "relay" });
  if (throughput.name === UNHASHED) return [{ ...relay, budgets: throughputBudgets(relay, BUDGETS.relayUnhashed) }];
  if (throughput.name !== HASHED) return [relay];
  return [
    { ...relay, budgets: throughputBudgets(relay, BUDGETS.relayHashed) },
    { part: "relay", name: "peili, the peer", cpuSecondsPerGib: throughput.cpuSecondsPerGib.source, budgets: [] },
  ];
}
