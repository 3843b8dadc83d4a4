/**
 * The demo: three nodes on this machine pull an image from each other. `deno task demo --help` tells more.
 *
 * @module
 */
import { errorMessage } from "../src/core/errors.ts";
import type { ContainerdGeneration } from "../tests/integration/setup/tools.ts";
import { lookAround } from "./look_around.ts";
import { startLoopbackWorld } from "./loopback/start_loopback_world.ts";
import { type DemoOptions, HELP, parseOptions } from "./options.ts";
import { playPulls } from "./play_pulls.ts";
import { printReport } from "./print_report.ts";
import { openScreen } from "./screen/open_screen.ts";
import type { Screen } from "./screen/screen.ts";
import { stopSignal } from "./stop_signals.ts";
import type { Stage, World, WorldOptions } from "./world.ts";

/** The exit code of a program that was ended by Ctrl-C: 128 and the signal's number. */
const EXIT_INTERRUPTED = 130;

/** Runs the demo and returns its exit code. */
async function main(args: readonly string[]): Promise<number> {
  const screen = openScreen();
  const signal = stopSignal();
  signal.addEventListener("abort", () => screen.print("\n  Stopping everything, and removing what was written."));
  try {
    const options = parseOptions(args);
    if (options.help) {
      screen.print(HELP);
      return 0;
    }
    return await run(options, screen, signal) ? 0 : 1;
  } catch (reason) {
    if (signal.aborted) return EXIT_INTERRUPTED;
    console.error(`error: ${errorMessage(reason)}`);
    return 1;
  }
}

/** Returns whether everything was as it should be. */
async function run({ containerd, keep }: DemoOptions, screen: Screen, signal: AbortSignal): Promise<boolean> {
  screen.print(screen.style.bold("Peili: three nodes pull an image from each other"));
  screen.print("A registry and the nodes run on this machine only, and nothing of it stays behind.\n");
  await using world = await startWorld(containerd, { screen, signal });
  const stage = { world, screen, signal };
  const ok = await play(stage).catch((reason) => {
    if (!keep || signal.aborted) throw reason;
    console.error(`error: ${errorMessage(reason)}`);
    return false;
  });
  if (keep) await lookAround(stage);
  return ok;
}

async function startWorld(generation: ContainerdGeneration | undefined, options: WorldOptions): Promise<World> {
  if (generation === undefined) return await startLoopbackWorld(options);
  // only here, as it loads a gRPC client that the demo does not need otherwise
  const { startContainerdWorld } = await import("./containerd/start_containerd_world.ts");
  return await startContainerdWorld({ ...options, generation });
}

async function play(stage: Stage): Promise<boolean> {
  const pulls = await playPulls(stage);
  printReport(stage.screen, pulls, stage.world.image);
  return pulls.every(({ unmet }) => unmet.length === 0);
}

if (import.meta.main) Deno.exit(await main(Deno.args));
