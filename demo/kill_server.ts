import { openingsAtPeers } from "./blob_parts.ts";
import type { NamedBlob } from "./image.ts";
import { readLog } from "./node_log.ts";
import { nodeNames } from "./node_names.ts";
import type { PullProgress } from "./pull_progress.ts";
import type { DemoNode, Interruption, World } from "./world.ts";

/** What a {@linkcode ServerKill} is about. */
export interface ServerKillOptions {
  /** The node that pulls. */
  puller: DemoNode;
  /** The blob that is cut. */
  blob: NamedBlob;
  /** How much of it the puller has by then, in bytes. */
  atBytes: number;
}

/** Kills whichever node serves a blob, in the middle of it. */
export class ServerKill {
  readonly #world: World;
  readonly #options: ServerKillOptions;
  #killed: DemoNode | undefined;

  constructor(world: World, options: ServerKillOptions) {
    this.#world = world;
    this.#options = options;
  }

  /** The name of the node that was killed, once it was. */
  get killed(): string | undefined {
    return this.#killed?.name;
  }

  /** Returns the interruption of the pull. */
  interruption(progress: PullProgress): Interruption {
    const { blob, atBytes } = this.#options;
    return {
      digest: blob.digest,
      atBytes,
      act: async () => {
        this.#killed = await this.#serving();
        await this.#killed.kill();
        progress.note(blob.digest, `${this.#killed.name} killed`);
      },
    };
  }

  /** Finds the node that serves the blob now: the puller's log tells. */
  async #serving(): Promise<DemoNode> {
    const { puller, blob } = this.#options;
    const { nodes } = this.#world;
    const [names, log] = await Promise.all([nodeNames(nodes), readLog(puller.logPath)]);
    const name = names.get(openingsAtPeers(log, blob.digest).at(-1)?.source ?? "");
    const node = nodes.find((candidate) => candidate.name === name);
    if (node) return node;
    throw new Error(`Cannot kill the node that serves ${blob.name}: the log of ${puller.name} names none`);
  }
}
