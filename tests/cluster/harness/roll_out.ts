import { errorMessage } from "../../../src/core/errors.ts";
import type { Digest } from "../../../src/oci/digest.ts";
import type { ClusterNode } from "../../integration/harness/cluster_node.ts";
import type { BuiltImage } from "../../support/image/build_image.ts";

/** An image in the registry, and its name. */
export interface NamedImage {
  /** What follows the registry in a reference. */
  name: string;
  /** What it is made of. */
  image: BuiltImage;
}

/** One pull of a rollout. */
export interface Pull extends NamedImage {
  /** Who pulls. */
  node: ClusterNode;
}

/** How {@linkcode rollOut} pulls. */
export interface PullOptions {
  /** When a pull that has not ended is cancelled, in milliseconds. @default {120_000} */
  timeoutMs?: number;
  /** Cancels the pull. */
  signal?: AbortSignal;
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

/** Pulls at once, as kubelets do, and waits for all of them, whether they succeed or not. */
export async function rollOut(pulls: readonly Pull[], options: PullOptions = {}): Promise<NodeRollout[]> {
  const startMs = performance.now();
  return await Promise.all(pulls.map((pull) => pullWatched(pull, { startMs, ...options })));
}

/**
 * Pulls on one node, and watches when its content is complete. It does not throw when the pull fails.
 *
 * @param options `startMs`: the common start, as of `performance.now()`.
 */
export async function pullWatched(
  { node, name, image }: Pull,
  { startMs, timeoutMs = 120_000, signal }: PullOptions & { startMs: number },
): Promise<NodeRollout> {
  let ended = false;
  const watched = watchContent(node, image.content.map(({ digest }) => digest), () => ended)
    .then((complete) => complete ? performance.now() - startMs : Infinity);
  let error: Error | undefined;
  try {
    await node.pull(name, { timeoutMs, signal });
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
