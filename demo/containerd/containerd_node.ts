import type { CallOptions } from "../../src/core/call_options.ts";
import { abortable, sleep } from "../../src/core/deadline.ts";
import type { Digest } from "../../src/oci/digest.ts";
import { blobPath } from "../../src/store/blob_path.ts";
import type { ClusterNode } from "../../tests/integration/harness/cluster_node.ts";
import { PEILI_PORTS } from "../../tests/integration/harness/peili.ts";
import { containerdBinDir } from "../../tests/integration/setup/tools.ts";
import { httpText } from "../../tests/support/http_text.ts";
import type { BuiltImage } from "../../tests/support/image/build_image.ts";
import type { Screen } from "../screen/screen.ts";
import type { DemoNode, Interruption, PullOrder } from "../world.ts";
import { ingestedBytes } from "./ingested_bytes.ts";

/** How often it is looked at how far a download is, in milliseconds. */
const LOOK_MS = 50;

/** The limit of a node's link until its pull is interrupted, in Mbit/s: the layer has to last for some looks. */
const INTERRUPTED_LINK_MBIT = 200;

/** What a {@linkcode ContainerdNode} plays with. */
export interface ContainerdNodeOptions {
  /** How it is called. */
  name: string;
  /** The node. */
  node: ClusterNode;
  /** The name of the image, without its registry. */
  imageName: string;
  /** The image. */
  image: BuiltImage;
  /** Where it tells what it does. */
  screen: Screen;
}

/** A node with a real containerd, in a network namespace. */
export class ContainerdNode implements DemoNode {
  readonly name: string;
  readonly #options: ContainerdNodeOptions;
  readonly #node: ClusterNode;

  /** @param options What it plays with; the node is disposed of by whoever made it. */
  constructor(options: ContainerdNodeOptions) {
    this.name = options.name;
    this.#options = options;
    this.#node = options.node;
  }

  get logPath(): string {
    return this.#node.peili.process.logPath;
  }

  get running(): boolean {
    return this.#node.peili.process.end === undefined;
  }

  async pull({ progress, interruption, signal = new AbortController().signal }: PullOrder): Promise<void> {
    const ended = new AbortController();
    const both = AbortSignal.any([signal, ended.signal]);
    const results = await Promise.allSettled([
      this.#look({ progress, interruption: interruption && await this.#slowedDown(interruption) }, both),
      abortable(this.#node.pull(this.#options.imageName), signal).finally(() => ended.abort()),
    ]);
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }

  async removeImage(): Promise<void> {
    await this.#node.remove(this.#options.imageName);
  }

  async findsImage({ signal = new AbortController().signal }: CallOptions = {}): Promise<void> {
    await abortable(this.#node.serves(this.#options.imageName, this.#options.image), signal);
  }

  async metrics(): Promise<string> {
    return await httpText(`http://${this.#node.network.address}:${PEILI_PORTS.metrics}/metrics`);
  }

  blobPath(digest: Digest): string {
    return blobPath(this.#node.containerd.contentPath, digest);
  }

  async kill(): Promise<void> {
    await this.#node.peili.process.kill();
  }

  async restart(): Promise<void> {
    await this.#node.restartPeili();
  }

  hints(): string[] {
    const { network: { netns, address }, containerd: { generation, socket } } = this.#node;
    return [
      `ip netns exec ${netns} curl -s http://127.0.0.1:${PEILI_PORTS.local}/readyz`,
      `curl -s http://${address}:${PEILI_PORTS.metrics}/metrics | grep ^peili_`,
      `${containerdBinDir(generation)}/ctr --address ${socket} --namespace k8s.io images ls`,
      `tail -f ${this.logPath}`,
    ];
  }

  /** Limits the node's link until the interruption. */
  async #slowedDown(interruption: Interruption): Promise<Interruption> {
    const { network } = this.#node;
    await network.limitDownlink(INTERRUPTED_LINK_MBIT);
    this.#options.screen.print(`  · the link of ${this.name} is held to ${INTERRUPTED_LINK_MBIT} Mbit/s for a moment`);
    return {
      ...interruption,
      async act() {
        await interruption.act();
        await network.limitDownlink(undefined);
      },
    };
  }

  /** Tells how far the pull is, and interrupts it when it is far enough, until the signal aborts. */
  async #look({ progress, interruption }: PullOrder, signal: AbortSignal): Promise<void> {
    const digests = this.#options.image.content.map(({ digest }) => digest);
    let due: Interruption | undefined = interruption;
    for (let last = false; !last;) {
      last = signal.aborted; // one more look after the end
      const received = await ingestedBytes(this.#node.containerd.contentPath, digests);
      for (const [digest, bytes] of received) progress.update(digest, bytes);
      if (due && !last && (received.get(due.digest) ?? 0) >= due.atBytes) {
        const { act } = due;
        due = undefined;
        await act();
      }
      if (!last) await sleep(LOOK_MS, signal).catch(() => {});
    }
  }
}
