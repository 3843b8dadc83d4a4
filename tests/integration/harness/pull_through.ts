import assert from "@std/assert";
import type { BuiltImage } from "../../support/image/build_image.ts";
import type { Cluster } from "./cluster.ts";
import type { ClusterNode } from "./cluster_node.ts";

/** What {@linkcode pullThrough} does. */
export interface PullThroughOptions {
  /** Who pulls. */
  by: ClusterNode;
  /** What is pulled, such as `lib/app:v1`. */
  name: string;
  /** The nodes that may serve it: their links are limited meanwhile, so that a layer takes seconds. */
  from: readonly ClusterNode[];
  /** How much of a layer has to be there when the trouble starts, in bytes. */
  underWayBytes: number;
  /** What happens in the middle of the layer. */
  trouble(): Promise<unknown>;
}

/** The limit of the serving nodes' links in Mbit/s: 16 MiB take more than three seconds. */
const LINK_MBIT = 40;

/** Pulls an image and makes trouble in the middle of a layer. The pull has to succeed all the same. */
export async function pullThrough(options: PullThroughOptions): Promise<void> {
  const { by, name, from, underWayBytes, trouble } = options;
  for (const { network } of from) await network.limitUplink(LINK_MBIT);
  const results = await Promise.allSettled([
    by.pull(name),
    by.hasIngested(underWayBytes).then(trouble),
  ]);
  const reasons = results.flatMap((result) => result.status === "rejected" ? [result.reason] : []);
  if (reasons.length > 0) throw reasons.length > 1 ? new AggregateError(reasons) : reasons[0];
  for (const { network } of from) await network.limitUplink(undefined);
}

/**
 * Checks that upstream gave the rest of an image's only layer, and nothing else, in one request for that range.
 *
 * @param image It has one layer.
 * @param underWayBytes How much of it was there before.
 */
export async function assertContinuedByUpstream(
  { upstream }: Cluster,
  image: BuiltImage,
  underWayBytes: number,
): Promise<void> {
  const { recent } = await upstream.stats();
  const [layer] = image.layers;
  if (layer === undefined || image.layers.length > 1) throw new RangeError("Cannot tell: the image needs one layer");
  assert.deepEqual(recent.map(({ method, path }) => [method, path.split("/").at(-1)]), [["GET", layer.digest]]);
  const [request] = recent;
  const offset = Number(/^bytes=(\d+)-$/.exec(request?.range ?? "")?.[1]);
  assert.ok(offset >= underWayBytes, `upstream was asked for "${request?.range}"`);
  assert.equal(request?.bytes, layer.size - offset);
}
