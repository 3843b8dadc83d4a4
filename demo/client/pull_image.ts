import type { CallOptions } from "../../src/core/call_options.ts";
import type { Descriptor } from "../../src/oci/manifest.ts";
import type { BlobWriter, ImageNamer } from "../../src/store/blob_writer.ts";
import { PullHosts, type PullHostsOptions } from "./pull_hosts.ts";
import { resumingBody } from "./resuming_body.ts";

/** How many blobs are fetched at once, as containerd does by default. */
const CONCURRENT_BLOBS = 3;

/** What {@linkcode pullImage} pulls, and where to. */
export interface PullImageOptions extends PullHostsOptions, CallOptions {
  /** The tag. */
  tag: string;
  /** Takes the image in. */
  store: BlobWriter & ImageNamer;
  /** Hears how many bytes of a blob have come so far; the blob goes on when it is done. */
  onBytes?(blob: Descriptor, received: number): void | Promise<void>;
}

/**
 * Pulls an image as containerd does: the tag, the manifest, then config and layers, some at a time. Everything is
 * asked of the mirror first; a body that ends early is asked for again from the byte that was reached.
 *
 * @throws {Error} If anything cannot be had.
 * @throws {ContentMismatchError} If anything has not the digest and size that it should have.
 */
export async function pullImage(options: PullImageOptions): Promise<void> {
  const { registry, repository, tag, store } = options;
  using hosts = new PullHosts(options);
  const failed = new AbortController();
  const signal = AbortSignal.any([failed.signal, ...(options.signal ? [options.signal] : [])]);
  const manifest = await hosts.resolve(tag, { signal });
  const { bytes, content } = await hosts.readManifest(manifest, { signal });
  await store.write(manifest, bytes, { signal });
  await options.onBytes?.(manifest, manifest.size);

  const waiting = content.values();
  const fetchBlobs = async () => {
    for (const blob of waiting) await fetchBlob(hosts, blob, options, signal);
  };
  const fetches = Array.from({ length: CONCURRENT_BLOBS }, () => fetchBlobs().catch((reason) => failed.abort(reason)));
  await Promise.all(fetches); // one blob that fails ends the others; nothing is written any more after this
  signal.throwIfAborted();
  await store.nameImage(`${registry}/${repository}:${tag}`, manifest, { signal });
}

async function fetchBlob(
  hosts: PullHosts,
  blob: Descriptor,
  { store, onBytes }: PullImageOptions,
  signal: AbortSignal,
): Promise<void> {
  const body = resumingBody({
    size: blob.size,
    open: (offset) => hosts.open(blob, offset, { signal }),
    onBytes: (received) => onBytes?.(blob, received),
  });
  await store.write(blob, body, { signal });
}
