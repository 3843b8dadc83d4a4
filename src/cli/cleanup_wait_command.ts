import { Command } from "commander";
import { HOUR_MS } from "../core/units.ts";
import { parseProbeEndpoint, type ProbeEndpoint, waitForCleanup } from "../hosts/cleanup_wait.ts";
import { option } from "./option.ts";
import { watchSignals } from "./signals.ts";
import { durationUpTo, parseCount } from "./values.ts";

/** The flags of `peili cleanup-wait`, as commander names them. */
interface CleanupWaitFlags {
  probeEndpoint: ProbeEndpoint;
  threshold: number;
  period: number;
}

/** Makes `peili cleanup-wait`. */
export function cleanupWaitCommand(): Command {
  return new Command("cleanup-wait")
    .description("wait until the cleanup is done on every node")
    .addOption(
      option("--probe-endpoint <host:port>", "a name with the addresses of all cleanups", parseProbeEndpoint)
        .makeOptionMandatory(),
    )
    .addOption(option("--threshold <count>", "how often in a row all must be done", parseCount).default(3))
    .addOption(option("--period <duration>", "how often they are asked", durationUpTo(HOUR_MS)).default(2_000, "2s"))
    .action(async ({ probeEndpoint, threshold, period }: CleanupWaitFlags) => {
      using signals = watchSignals();
      await waitForCleanup(probeEndpoint, { threshold, periodMs: period, signal: signals.signal });
    });
}
