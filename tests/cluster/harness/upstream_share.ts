import assert from "@std/assert";
import type { Digest } from "../../../src/oci/digest.ts";
import type { ClusterNode } from "../../integration/harness/cluster_node.ts";
import type { BuiltImage } from "../../support/image/build_image.ts";
import type { ContentDescriptor } from "../../support/image/oci_layout.ts";
import type { UpstreamRequest } from "../../support/upstream/upstream_stats.ts";

/** What an upstream registry was asked for of some images. */
export interface UpstreamShare {
  /** The bytes of configs and layers that it gave, as a multiple of their sizes. */
  copies: number;
  /** The most GETs for one manifest or index. */
  manifestGets: number;
  /** The most GETs for one config. */
  configGets: number;
  /** The most GETs for one layer. */
  layerGets: number;
}

/** What a rollout may cost upstream: blobs in copies, and requests for one manifest or config. */
const SHARE_MAX = { copies: 1.05, manifestGets: 2, configGets: 2, layerGets: Infinity } as const;

/** Counts what a registry gave of one image, or of several that may have layers in common. */
export function upstreamShare(requests: readonly UpstreamRequest[], ...images: readonly BuiltImage[]): UpstreamShare {
  const gets = (digest: Digest) => requests.filter((request) => isGetOf(request, digest));
  const mostGets = (items: readonly ContentDescriptor[]) =>
    Math.max(0, ...items.map(({ digest }) => gets(digest).length));
  const blobs = [
    ...new Map(
      images.flatMap(({ config, layers }) => [config, ...layers]).map((item) => [item.digest, item.size]),
    ),
  ];
  const given = blobs.flatMap(([digest]) => gets(digest)).reduce((sum, { bytes }) => sum + bytes, 0);
  return {
    copies: given / blobs.reduce((sum, [, size]) => sum + size, 0),
    manifestGets: mostGets(images.flatMap(({ target, manifest }) => [target, manifest])),
    configGets: mostGets(images.map(({ config }) => config)),
    layerGets: mostGets(images.flatMap(({ layers }) => layers)),
  };
}

/** Checks that upstream was asked for about one copy, or for what `max` says. */
export function assertShare(share: UpstreamShare, max: Partial<UpstreamShare> = {}): void {
  const limits = { ...SHARE_MAX, ...max };
  const names = ["copies", "manifestGets", "configGets", "layerGets"] as const;
  const over = names.filter((name) => share[name] > limits[name]);
  assert.deepEqual(over, [], `upstream gave ${JSON.stringify(share)}`);
}

/** Leaves out what some nodes asked for. */
export function requestsBut(requests: readonly UpstreamRequest[], ...nodes: readonly ClusterNode[]): UpstreamRequest[] {
  return requests.filter(({ from }) => !nodes.some(({ network }) => network.address === from));
}

/** Returns the addresses of those that asked a registry for a blob. */
export function askersOf(requests: readonly UpstreamRequest[], digest: Digest): Set<string> {
  return new Set(requests.filter((request) => isGetOf(request, digest)).map(({ from }) => from));
}

function isGetOf({ method, path }: UpstreamRequest, digest: Digest): boolean {
  return method === "GET" && path.endsWith(`/${digest}`);
}
