import { cpuUsage } from "node:process";
import type { Registry } from "prom-client";
import { registerGauge } from "./observed_gauge.ts";

/**
 * Registers what Prometheus clients tell of their process, under the usual names: CPU, memory, start time.
 *
 * The library's own set reads `/proc`, which the registry process has no permission for.
 */
export function registerProcessMetrics(registry: Registry): void {
  const startSeconds = Date.now() / 1000;
  registerGauge(registry, "process_start_time_seconds", "Start time since 1970.", () => startSeconds);
  registerGauge(registry, "process_resident_memory_bytes", "Resident memory.", () => Deno.memoryUsage().rss);
  registerGauge(
    registry,
    "process_heap_bytes",
    "Heap of the JavaScript engine in use.",
    () => Deno.memoryUsage().heapUsed,
  );
  registerGauge(registry, "process_cpu_seconds_total", "User and system CPU time.", () => {
    const { user, system } = cpuUsage();
    return (user + system) / 1e6;
  });
}
