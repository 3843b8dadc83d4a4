import { Command } from "commander";
import { sleep } from "../core/deadline.ts";
import { isAbort } from "../core/errors.ts";
import { HOUR_MS } from "../core/units.ts";
import { findNode, type NodeClient } from "../status/node_client.ts";
import { statusText } from "../status/status_text.ts";
import { type MetricsAddressFlags, metricsAddressOption } from "./metrics_address.ts";
import { booleanOption, option } from "./option.ts";
import { watchSignals } from "./signals.ts";
import { terminal } from "./terminal.ts";
import { durationUpTo } from "./values.ts";

/** The flags of `peili status`, as commander names them. */
interface StatusFlags extends MetricsAddressFlags {
  watch: boolean;
  interval: number;
  json: boolean;
}

/** What brings a terminal's cursor home and clears all below. */
const CLEAR = "\x1b[H\x1b[J";

/** Makes `peili status`. */
export function statusCommand(): Command {
  return new Command("status")
    .description("show what the node of this machine has, knows and did")
    .addOption(metricsAddressOption())
    .addOption(booleanOption("--watch", "show it again and again, until stopped", false))
    .addOption(option("--interval <duration>", "how often with --watch", durationUpTo(HOUR_MS)).default(2_000, "2s"))
    .addOption(booleanOption("--json", "print JSON, one line each time", false))
    .action(async (flags: StatusFlags) => {
      using signals = watchSignals();
      using node = await findNode(flags.metricsAddr, signals);
      try {
        do {
          await show(node, flags, signals.signal);
        } while (flags.watch && await isNotStopped(flags.interval, signals.signal));
      } catch (reason) {
        if (!signals.signal.aborted) throw reason; // stopped while the node was being asked
      }
    });
}

async function show(node: NodeClient, { watch, json }: StatusFlags, signal: AbortSignal): Promise<void> {
  const status = await node.status({ signal });
  if (json) return console.log(JSON.stringify(status));
  const text = statusText(status, terminal());
  console.log(watch && Deno.stdout.isTerminal() ? `${CLEAR}${text}` : text);
}

async function isNotStopped(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(ms, signal);
    return true;
  } catch (reason) {
    if (isAbort(reason)) return false;
    throw reason;
  }
}
