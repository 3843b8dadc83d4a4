import { missingForIntegration } from "../setup/missing.ts";
import type { ContainerdGeneration } from "../setup/tools.ts";
import { ExaminedNode } from "./examined_node.ts";

/** Runs one step of a test; a failure of it is followed by the ends of the logs. */
export type Step = (name: string, run: () => Promise<void>) => Promise<void>;

const missing = await missingForIntegration();
if (missing) console.warn(`left out: ${missing}`);

/** Registers one test for each containerd. Its steps share the node, one after the other. */
export function testExamined(
  title: string,
  generations: readonly ContainerdGeneration[],
  run: (node: ExaminedNode, step: Step, generation: ContainerdGeneration) => Promise<void>,
): void {
  for (const generation of generations) {
    Deno.test({
      name: `${title} (containerd ${generation})`,
      ignore: missing !== undefined,
      fn: async (t) => {
        await using node = await ExaminedNode.start(generation);
        await run(node, async (name, runStep) => {
          await t.step(name, async () => {
            try {
              await runStep();
            } catch (reason) {
              console.error(await node.peili.process.logTail(), await node.containerd.process.logTail());
              throw reason;
            }
          });
        }, generation);
      },
    });
  }
}
