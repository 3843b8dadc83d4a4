import { errorMessage } from "../../../src/core/errors.ts";
import type { Digest } from "../../../src/oci/digest.ts";
import type { ClusterNode } from "../../integration/harness/cluster_node.ts";
import type { BuiltImage } from "../../support/image/build_image.ts";

/** How {@linkcode rollOut} waits. */
export interface RollOutOptions {
  /** When pulls that have not ended are cancelled, in milliseconds. @default {120_000} */
  timeoutMs?: number;
}

/** What came of a pull on one node. */
export interface NodeRollout {
  /** The node. */
  node: ClusterNode;
  /** When it had the last blob, counted from the common start; `Infinity` if it never had. */
  contentMs: number;
  /** When the pull ended, in milliseconds from the common start: the layers are unpacked by then, too. */
  endedMs: number;
  /** Why it failed, if it did. */
  error?: Error;
}

/** How often a content store is looked at, in milliseconds. */
const LOOK_MS = 20;

/**
 * Pulls an image on all nodes at once, as kubelets do, and waits for all of them, whether they succeed or not.
 *
 * @param name What follows the registry, such as `lib/app:v1`.
 * @param image What has to be in every content store in the end.
 */
export async function rollOut(
  nodes: readonly ClusterNode[],
  name: string,
  image: BuiltImage,
  options: RollOutOptions = {},
): Promise<NodeRollout[]> {
  const startMs = performance.now();
  return await Promise.all(nodes.map((node) => pullWatched(node, { name, image, startMs, ...options })));
}

/** Pulls on one node, and watches when its content is complete. */
export async function pullWatched(
  node: ClusterNode,
  { name, image, startMs, timeoutMs = 120_000 }: RollOutOptions & {
    name: string;
    image: BuiltImage;
    startMs: number;
  },
): Promise<NodeRollout> {
  let ended = false;
  const watched = watchContent(node, image.content.map(({ digest }) => digest), () => ended)
    .then((complete) => complete ? performance.now() - startMs : Infinity);
  let error: Error | undefined;
  try {
    await node.pull(name, { timeoutMs });
  } catch (reason) {
    error = reason instanceof Error ? reason : new Error(errorMessage(reason));
  }
  ended = true;
  const endedMs = performance.now() - startMs;
  return { node, contentMs: await watched, endedMs, error };
}

/** Returns when the slowest node had the last blob, in milliseconds. */
export function slowestMs(rollout: readonly NodeRollout[]): number {
  return Math.max(...rollout.map(({ contentMs }) => contentMs));
}

/**
 * Throws what went wrong on any node.
 *
 * @throws {AggregateError} If a pull failed; its text has all reasons.
 */
export function assertAllPulled(rollout: readonly NodeRollout[]): void {
  const failed = rollout.filter(({ error }) => error !== undefined);
  if (failed.length === 0) return;
  const lines = failed.map(({ node, error, endedMs }) =>
    `${node.network.name} after ${Math.round(endedMs)} ms: ${error?.message}`
  );
  throw new AggregateError(failed.map(({ error }) => error), `Cannot pull on every node\n${lines.join("\n")}`);
}

/** Waits until all blobs are in a content store, or nothing more will come. Returns whether they are. */
async function watchContent(node: ClusterNode, digests: readonly Digest[], ended: () => boolean): Promise<boolean> {
  for (const digest of digests) {
    const path = `${node.containerd.contentPath}/blobs/${digest.replace(":", "/")}`;
    for (;;) {
      const last = ended();
      if (await Deno.stat(path).then(() => true, () => false)) break;
      if (last) return false;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }
  return true;
}
