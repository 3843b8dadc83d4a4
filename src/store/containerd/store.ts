import type { CallOptions } from "../../core/call_options.ts";
import type { Digest } from "../../oci/digest.ts";
import type { Descriptor } from "../../oci/manifest.ts";
import type { Repository, TagName } from "../../oci/reference.ts";
import { BlobInspector } from "../blob_inspector.ts";
import type { ContentEvent, ContentStore, OpenOptions } from "../content_store.ts";
import type { IngestStatus, IngestTail, TailOptions } from "../ingest.ts";
import { BlobInfos } from "./blob_infos.ts";
import { ContainerdClient } from "./client.ts";
import { ContentRoot } from "./content_root.ts";
import { describeBlob } from "./describe.ts";
import { ContainerdImages } from "./images.ts";
import { findIngest, tailIngest } from "./ingest.ts";
import { IngestPlaces } from "./ingest_places.ts";
import { openBlob } from "./open.ts";
import { readManifest } from "./read_manifest.ts";
import { resolveTag } from "./resolve.ts";
import { blobSources } from "./sources.ts";
import { watchContainerd } from "./watch.ts";
import { Writers } from "./writers.ts";

/** Which content of containerd is used, and how it is read. */
export interface ContainerdStoreOptions {
  /** The namespace of the content. @default {"k8s.io"} */
  namespace?: string;
  /** The directory that holds `blobs`. @default the one that containerd tells */
  contentPath?: string;
}

/**
 * Opens containerd's content store.
 *
 * containerd says what there is, and the bytes are read from its directory, or through containerd where that cannot
 * be read. It need not run yet, and may go away: until it is back, content that it told of before is still served as
 * long as its file is there, and everything else is `StoreUnavailableError`.
 *
 * @param socketPath containerd's gRPC socket.
 */
export function openContainerdStore(socketPath: string, options: ContainerdStoreOptions = {}): ContentStore {
  const { namespace = "k8s.io", contentPath } = options;
  return new ContainerdStore(new ContainerdClient(socketPath, namespace), namespace, contentPath);
}

class ContainerdStore implements ContentStore {
  readonly name = "containerd";
  readonly #namespace: string;
  readonly #client: ContainerdClient;
  readonly #infos: BlobInfos;
  readonly #root: ContentRoot;
  readonly #inspector: BlobInspector;
  readonly #images: ContainerdImages;
  readonly #writers = new Writers();
  readonly #places = new IngestPlaces();
  readonly #closed = new AbortController();

  constructor(client: ContainerdClient, namespace: string, contentPath: string | undefined) {
    this.#namespace = namespace;
    this.#client = client;
    this.#infos = new BlobInfos(client);
    this.#root = new ContentRoot(client, contentPath);
    this.#inspector = new BlobInspector({
      readManifest: (digest, options) => readManifest(this.#components, digest, options),
    });
    this.#images = new ContainerdImages({ client, inspector: this.#inspector });
  }

  get #components() {
    return {
      client: this.#client,
      infos: this.#infos,
      root: this.#root,
      inspector: this.#inspector,
      images: this.#images,
      namespaces: [this.#namespace],
      writers: this.#writers,
      places: this.#places,
    };
  }

  describe(digest: Digest, options: CallOptions = {}): Promise<Descriptor> {
    return describeBlob(this.#components, digest, options);
  }

  open(digest: Digest, options: OpenOptions = {}): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    return openBlob(this.#components, digest, options);
  }

  ingest(digest: Digest, options: CallOptions = {}): Promise<IngestStatus | undefined> {
    return findIngest(this.#components, digest, options);
  }

  tail(digest: Digest, options: TailOptions = {}): Promise<IngestTail> {
    return tailIngest(this.#components, digest, options);
  }

  resolve(tag: TagName, options: CallOptions = {}): Promise<Digest> {
    return resolveTag(this.#components, tag, options);
  }

  sources(digest: Digest, options: CallOptions = {}): Promise<readonly Repository[]> {
    return blobSources(this.#components, digest, options);
  }

  watch({ signal }: { signal: AbortSignal }): AsyncIterable<ContentEvent> {
    const both = AbortSignal.any([signal, this.#closed.signal]);
    return watchContainerd(this.#components, this.#namespace, { signal: both });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    this.#client[Symbol.dispose]();
    return Promise.resolve();
  }
}
