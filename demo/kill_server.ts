import { openingsAtPeers, SEVERAL_NODES } from "./blob_parts.ts";
import type { NamedBlob } from "./image.ts";
import { readLog } from "./node_log.ts";
import { nodeNames } from "./node_names.ts";
import type { PullProgress } from "./pull_progress.ts";
import { formatBytes } from "./screen/format.ts";
import type { DemoNode, Interruption, Stage } from "./world.ts";

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
  readonly #stage: Stage;
  readonly #options: ServerKillOptions;
  #killed: DemoNode | undefined;

  /**
   * @param stage Where it happens.
   * @param options Which node, in the middle of what.
   */
  constructor(stage: Stage, options: ServerKillOptions) {
    this.#stage = stage;
    this.#options = options;
  }

  /** The name of the node that was killed, once it was. */
  get killed(): string | undefined {
    return this.#killed?.name;
  }

  /** Returns the interruption of the pull. */
  interruption(progress: PullProgress): Interruption {
    const { puller, blob, atBytes } = this.#options;
    const { screen } = this.#stage;
    return {
      digest: blob.digest,
      atBytes,
      act: async () => {
        this.#killed = await this.#serving();
        await this.#killed.kill();
        progress.note(blob.digest, `${this.#killed.name} killed`);
        const when = `when ${puller.name} had the first ${formatBytes(atBytes)} of it`;
        screen.print(
          `  ${screen.style.bad("!")} ${this.#killed.name} serves ${blob.name}: killed with SIGKILL ${when}`,
        );
      },
    };
  }

  /** Finds the node that serves the blob now: the puller's log tells. */
  async #serving(): Promise<DemoNode> {
    const { puller, blob } = this.#options;
    const { nodes } = this.#stage.world;
    const [names, log] = await Promise.all([nodeNames(nodes), readLog(puller.logPath)]);
    // Of several that serve it at once, the one that began.
    const sources = openingsAtPeers(log, blob.digest).map(({ source }) => source);
    const name = names.get(sources.findLast((source) => source !== SEVERAL_NODES) ?? "");
    const node = nodes.find((candidate) => candidate.name === name);
    if (node) return node;
    throw new Error(`Cannot kill the node that serves ${blob.name}: the log of ${puller.name} names none`);
  }
}
