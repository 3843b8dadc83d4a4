import { abortable } from "../src/core/deadline.ts";
import { step } from "./screen/step.ts";
import type { Stage } from "./world.ts";

/** Starts again what the play has stopped, tells where everything is, and waits until somebody ends the demo. */
export async function lookAround({ world, screen, signal = new AbortController().signal }: Stage): Promise<void> {
  const { upstream, nodes } = world;
  const { bold } = screen.style;
  screen.print(`\n${bold("Look around")}`);
  await step(screen, "restarted", async () => {
    if (upstream.process.end !== undefined) await upstream.start();
    for (const node of nodes) if (!node.running) await node.restart();
    return { value: undefined, text: "what was stopped and killed runs again" };
  });
  screen.print(`\n  upstream\n    curl -s ${upstream.url}/_stats`);
  for (const { name, hints } of nodes.map((node) => ({ name: node.name, hints: node.hints() }))) {
    screen.print(`  ${name}`);
    for (const hint of hints) screen.print(`    ${hint}`);
  }
  screen.print("\n  Everything stays up until Ctrl-C.");
  await abortable(new Promise<never>(() => {}), signal).catch(() => {});
}
