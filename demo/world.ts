/**
 * The stage of the demo: a registry and three nodes, whatever they are made of.
 *
 * @module
 */
import type { CallOptions } from "../src/core/call_options.ts";
import type { Digest } from "../src/oci/digest.ts";
import type { BuiltImage } from "../tests/support/image/build_image.ts";
import type { Upstream } from "../tests/support/upstream/start_upstream.ts";
import type { PullProgress } from "./pull_progress.ts";
import type { Screen } from "./screen/screen.ts";

/** Something that happens in the middle of a blob. */
export interface Interruption {
  /** The blob. */
  digest: Digest;
  /** Once the node has at least so many bytes of it. */
  atBytes: number;
  /** What happens. */
  act(): Promise<void>;
}

/** How a node pulls. */
export interface PullOrder extends CallOptions {
  /** Told how far every blob is. */
  progress: PullProgress;
  /** What happens meanwhile. */
  interruption?: Interruption;
}

/** One node of the demo: a Peili, and whoever pulls images beside it. */
export interface DemoNode {
  /** How it is called: `node 1`. */
  readonly name: string;
  /** The log of its Peili, one JSON object a line. */
  readonly logPath: string;
  /** Whether its Peili runs. */
  readonly running: boolean;
  /** Pulls the image, as containerd does: through the Peili beside it, and from upstream what that does not give. */
  pull(order: PullOrder): Promise<void>;
  /** Removes the image and all of its content. */
  removeImage(): Promise<void>;
  /** Waits until the Peili of this node can serve the whole image, from wherever. */
  findsImage(options?: CallOptions): Promise<void>;
  /** Returns the metrics of its Peili, in Prometheus' text format. */
  metrics(): Promise<string>;
  /** Returns the file of a blob in the node's own store. */
  blobPath(digest: Digest): string;
  /** Kills its Peili with SIGKILL. */
  kill(): Promise<void>;
  /** Starts its Peili again. */
  restart(): Promise<void>;
  /** Returns lines for people who want to look around. */
  hints(): string[];
}

/** Everything that the demo plays with. Disposing of it stops it. */
export interface World extends AsyncDisposable {
  /** The image. */
  readonly image: BuiltImage;
  /** The registry that it comes from. */
  readonly upstream: Upstream;
  /** The nodes. */
  readonly nodes: readonly [DemoNode, DemoNode, DemoNode];
}

/** What a world is made with. */
export interface WorldOptions extends CallOptions {
  /** Where it tells what it does. */
  screen: Screen;
}

/** A world, and where it is shown what happens in it. */
export interface Stage extends CallOptions {
  /** The world. */
  world: World;
  /** Where it is shown. */
  screen: Screen;
}
