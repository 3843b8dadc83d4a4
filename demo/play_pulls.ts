import { MIB } from "../src/core/units.ts";
import { type Expectation, fromPeersOnly, fromUpstreamOnce, switchedOver } from "./expectations.ts";
import { nameContent } from "./image.ts";
import { ServerKill } from "./kill_server.ts";
import { measurePull, type PullRecord } from "./measure_pull.ts";
import { printPull } from "./print_pull.ts";
import { PullProgress } from "./pull_progress.ts";
import { step } from "./screen/step.ts";
import { verifyContent } from "./verify_content.ts";
import type { DemoNode, Interruption, Stage, World } from "./world.ts";

/** A pull that was played. */
export interface PlayedPull extends PullRecord {
  /** Who pulled, and when: a few words. */
  title: string;
  /** What was not as expected, one line each. */
  unmet: string[];
}

/** One pull of the play. */
interface Scene {
  /** Who pulls, and when: a few words. */
  title: string;
  /** Who pulls. */
  node: DemoNode;
  /** What has to be so after it. */
  expect: Expectation;
  /** What happens in the middle of it. */
  interruption?(progress: PullProgress): Interruption;
}

/** How much of a layer is there when the node that serves it is killed, in bytes. */
const KILL_AT_BYTES = 16 * MIB;

/** Lets the nodes pull the image, one after the other, with more and more of the cluster missing. */
export async function playPulls(stage: Stage): Promise<PlayedPull[]> {
  const { screen, world } = stage;
  const { nodes: [one, two, three], upstream } = world;
  const pulls: PlayedPull[] = [];
  const play = async (scene: Scene) => {
    screen.print(`\n${screen.style.bold(`Pull ${pulls.length + 1}: ${scene.title}`)}`);
    if (pulls.length > 0) await awaitFound(stage, scene.node);
    const pull = await playScene(stage, scene);
    printPull(screen, pull);
    pulls.push(pull);
  };

  await play({ title: `${one.name}, nobody has it yet`, node: one, expect: fromUpstreamOnce });
  await play({ title: `${two.name}, ${one.name} has it`, node: two, expect: fromPeersOnly });
  await play({ title: `${three.name}, both others have it`, node: three, expect: fromPeersOnly });

  await upstream.stop();
  await three.removeImage();
  await play({ title: `${three.name}, upstream stopped`, node: three, expect: fromPeersOnly });

  await three.removeImage();
  const blob = largest(world);
  const kill = new ServerKill(stage, { puller: three, blob, atBytes: KILL_AT_BYTES });
  await play({
    title: `${three.name}, serving node killed`,
    node: three,
    expect: switchedOver({ blob: blob.name, killed: () => kill.killed }),
    interruption: (progress) => kill.interruption(progress),
  });
  return pulls;
}

/** What was pulled a moment ago has to be announced before others can find it. */
async function awaitFound({ screen, signal }: Stage, node: DemoNode): Promise<void> {
  await step(screen, "found", async () => {
    await node.findsImage({ signal });
    return { value: undefined, text: `${node.name} finds every blob at other nodes` };
  });
}

async function playScene({ screen, world, signal }: Stage, scene: Scene): Promise<PlayedPull> {
  const { title, node, expect } = scene;
  const content = nameContent(world.image);
  const progress = new PullProgress(content);
  const order = { progress, interruption: scene.interruption?.(progress), signal };
  const record = await screen.during(progress, () => measurePull(world, node, order));
  const unmet = [...await verifyContent(node, content), ...expect(record, world.image)];
  return { ...record, title, unmet };
}

function largest({ image }: World) {
  return nameContent(image).reduce((best, blob) => blob.size > best.size ? blob : best);
}
