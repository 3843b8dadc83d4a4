import type { BenchOptions } from "./bench_options.ts";
import { type BenchStage, expectBytesFrom } from "./bench_stage.ts";
import { BUDGETS } from "./budgets.ts";
import { type Contender, measureThroughput } from "./measure_throughput.ts";
import { sendfileServer } from "./nginx.ts";
import { throughputBudgets, throughputResult } from "./throughput_result.ts";
import type { Result } from "./result.ts";

/** Measures how a node serves a blob of its own store, beside nginx. */
export async function measureServe(stage: BenchStage, { runs, blobBytes }: BenchOptions): Promise<Result[]> {
  const { server, reader, filePath, layoutDir } = stage;
  const nginx = await stage.nginx(sendfileServer(layoutDir));
  const contenders: Contender[] = [{ name: "peili", url: stage.blobUrl(server), pids: { it: server.pid } }];
  if (nginx) {
    contenders.unshift({ name: "nginx, sendfile", url: `${nginx.origin}${filePath}`, pids: { it: nginx.pid } });
  }
  const measured = await measureThroughput(contenders, reader, runs);
  await expectBytesFrom(server, "local", runs * blobBytes);
  const yardstick = nginx ? measured[0] : undefined;
  return measured.map((throughput) => {
    const result = throughputResult("serve", throughput, { yardstick, process: "it" });
    return throughput.name === "peili" ? { ...result, budgets: throughputBudgets(result, BUDGETS.serve) } : result;
  });
}
