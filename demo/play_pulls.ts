import { MIB } from "../src/core/units.ts";
import { type Expectation, fromPeersOnly, sharedOneCopy, switchedOver } from "./expectations.ts";
import { nameContent } from "./image.ts";
import { ServerKill } from "./kill_server.ts";
import { JointProgress } from "./joint_progress.ts";
import { measurePull, measurePulls, type PullRecord } from "./measure_pull.ts";
import { printPull, printTogether } from "./print_pull.ts";
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

/** Lets the nodes pull the image: all at once, then one after the other, with more and more of the cluster missing. */
export async function playPulls(stage: Stage): Promise<PlayedPull[]> {
  const { screen, world } = stage;
  const { nodes: [one, two, three], upstream } = world;
  const pulls: PlayedPull[] = [];
  const play = async (scene: Scene) => {
    screen.print(`\n${screen.style.bold(`Pull ${pulls.length + 1}: ${scene.title}`)}`);
    await awaitFound(stage, scene.node);
    const pull = await playScene(stage, scene);
    printPull(screen, pull);
    pulls.push(pull);
  };

  screen.print(`\n${screen.style.bold("Pulls 1 to 3: all nodes at once, nobody has it yet")}`);
  pulls.push(...await playTogether(stage));

  await Promise.all([two, three].map((node) => node.removeImage()));
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

/** Lets all nodes pull at once. What is not as expected of all of them stands with the last one. */
async function playTogether({ screen, world, signal }: Stage): Promise<PlayedPull[]> {
  const { nodes, image } = world;
  const content = nameContent(image);
  const orders = new Map(nodes.map((node) => [node, { progress: new PullProgress(content), signal }]));
  const progress = new JointProgress(
    new Map(nodes.map((node) => [node.name, orders.get(node)?.progress ?? new PullProgress([])])),
  );
  const joint = await screen.during(progress, () => measurePulls(world, orders));
  const played: PlayedPull[] = [];
  for (const [index, node] of nodes.entries()) {
    const record = joint.pulls[index];
    if (!record) continue;
    const last = index === nodes.length - 1;
    const unmet = [...await verifyContent(node, content), ...(last ? sharedOneCopy(joint, image) : [])];
    played.push({ ...record, title: `${node.name}, all at once`, unmet });
  }
  printTogether(screen, played);
  return played;
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
