import { GIB } from "../core/units.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { freeSpace } from "../retain/free_space.ts";
import type { LayerRetainer } from "../retain/layer_retainer.ts";
import { RetainedLayers, type RetainedLayersOptions } from "../retain/retained_layers.ts";
import { Retention } from "../retain/retention.ts";
import { ContainerdClient } from "../store/containerd/client.ts";
import { ContentRoot } from "../store/containerd/content_root.ts";
import { ContainerdLeases } from "../store/containerd/leases.ts";
import { type ContentStore, StoreUnavailableError } from "../store/content_store.ts";
import type { NodeOptions } from "./options.ts";

/** How much is kept at most, in bytes. */
export const RETAIN_LIMIT_BYTES: number = 20 * GIB;

/**
 * How much of the file system has to be left, in percent: what is kept is given back before a kubelet begins to remove
 * images, at 15 % by default.
 */
export const RETAIN_MIN_FREE_PERCENT = 20;

/**
 * Opens what keeps layers for other nodes, where the options say so.
 *
 * @param owned Takes over what has to be let go when the node stops.
 * @throws {SyntaxError} If the content is not in containerd.
 * @throws {RangeError} If an option is out of range.
 */
export function openRetention(
  options: NodeOptions,
  { store, metrics }: { store: ContentStore; metrics: Metrics },
  owned: AsyncDisposableStack,
): LayerRetainer | undefined {
  const limits = retentionLimits(options);
  const layers = limits && openLayers(options, limits, { store, metrics }, owned);
  metrics.observe(
    "peili_retained_bytes",
    "Bytes of layers that are kept for other nodes.",
    () => layers?.kept.bytes ?? 0,
  );
  metrics.observe("peili_retained_layers", "Layers that are kept for other nodes.", () => layers?.kept.layers ?? 0);
  return layers && owned.use(new Retention(layers));
}

function openLayers(
  options: NodeOptions,
  limits: RetainedLayersOptions,
  { store, metrics }: { store: ContentStore; metrics: Metrics },
  owned: AsyncDisposableStack,
): RetainedLayers {
  if (options.store?.kind !== "containerd") {
    throw new SyntaxError("Cannot retain layers without containerd: no other store removes them");
  }
  const { sock, namespace, contentPath } = options.store;
  const client = owned.use(new ContainerdClient(sock, namespace));
  const root = new ContentRoot(client, contentPath);
  return new RetainedLayers({
    leases: new ContainerdLeases(client),
    store,
    async freeSpace(callOptions) {
      const path = await root.find(callOptions);
      if (path === undefined) {
        throw new StoreUnavailableError("Cannot tell how much space is left: no directory is known");
      }
      return await freeSpace(path);
    },
    released: (reason) => metrics.releasedLayers.inc({ reason }),
  }, limits);
}

/** @returns undefined if nothing is to be kept. */
function retentionLimits(options: NodeOptions): RetainedLayersOptions | undefined {
  const {
    retainLayersMs: durationMs = 0,
    retainLimitBytes: limitBytes = RETAIN_LIMIT_BYTES,
    retainMinFreePercent: minFreePercent = RETAIN_MIN_FREE_PERCENT,
  } = options;
  if (!(durationMs >= 0)) throw new RangeError(`Cannot retain layers for ${durationMs} ms: expected 0 or more`);
  if (!(limitBytes > 0)) throw new RangeError(`Cannot retain layers up to ${limitBytes} bytes: expected more than 0`);
  if (!(minFreePercent >= 0 && minFreePercent <= 100)) {
    throw new RangeError(`Cannot leave ${minFreePercent} % of the space free: expected a value from 0 to 100`);
  }
  return durationMs === 0 ? undefined : { durationMs, limitBytes, minFreePercent };
}
