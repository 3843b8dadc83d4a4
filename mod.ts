/**
 * Peili as a library: a node inside another program, with the stores and the routing that come with it or with others.
 *
 * {@linkcode startNode} puts a node together. A program that has its own content implements {@linkcode ContentStore};
 * one that knows better who has what implements {@linkcode Router}. For tests there are {@linkcode MemoryStore} and
 * {@linkcode MemoryNetwork}, which need neither containerd nor a network.
 *
 * @example A node that serves content of the program
 * ```ts
 * import assert from "node:assert/strict";
 * import { MemoryNetwork, MemoryStore, startNode } from "@peili/peili";
 *
 * await using store = new MemoryStore();
 * const sources = [{ registry: "registry.example", repository: "lib/app" }];
 * const digest = await store.put(new TextEncoder().encode("a layer"), { sources });
 *
 * const router = new MemoryNetwork().open({ hosts: ["127.0.0.1:5000"] });
 * const listen = "127.0.0.1:0"; // a port that is free
 * await using node = await startNode(
 *   { localAddr: listen, registryAddr: listen, routerAddr: listen, metricsAddr: listen },
 *   { store, router },
 * );
 *
 * const url = `http://${node.localAddress}/v2/lib/app/blobs/${digest}?ns=registry.example`;
 * const response = await fetch(url);
 * assert.equal(await response.text(), "a layer");
 * ```
 *
 * @module
 */
export { type Node, type NodeComponents, startNode } from "./src/node/node.ts";
export type { BootstrapOptions, NodeOptions, StoreOptions } from "./src/node/options.ts";
export type { BasicAuth } from "./src/http/basic_auth.ts";

export {
  type ContentDescriber,
  type ContentEvent,
  ContentNotFoundError,
  type ContentOpener,
  type ContentStore,
  type ContentWatcher,
  type OpenOptions,
  type SourceLister,
  StoreUnavailableError,
  type TagResolver,
} from "./src/store/content_store.ts";
export {
  IngestLostError,
  type IngestReader,
  type IngestStatus,
  type IngestTail,
  type TailOptions,
} from "./src/store/ingest.ts";
export { MemoryStore, type PutOptions } from "./src/store/memory_store.ts";
export type { MemoryIngest } from "./src/store/memory_ingest.ts";
export { openLayoutStore } from "./src/store/oci_layout/store.ts";
export { LayoutWriter } from "./src/store/oci_layout/writer.ts";
export { type BlobWriter, ContentMismatchError, type ImageNamer } from "./src/store/blob_writer.ts";
export { type ContainerdStoreOptions, openContainerdStore } from "./src/store/containerd/store.ts";

export type {
  ContentRouter,
  KeyAnnouncer,
  LookupOptions,
  PeerWatcher,
  Provider,
  ProviderFinder,
  Router,
  RouterState,
} from "./src/routing/router.ts";
export {
  type ClosestOptions,
  type Member,
  MEMBER_MESSAGE_MAX_BYTES,
  type Membership,
  type Messenger,
  type Responder,
} from "./src/routing/members.ts";
export { MemoryNetwork, type MemoryRouterOptions } from "./src/routing/memory_router.ts";

export type { CallOptions } from "./src/core/call_options.ts";
export { type Digest, type DigestAlgorithm, digestOf, isDigest, parseDigest } from "./src/oci/digest.ts";
export type { Descriptor } from "./src/oci/manifest.ts";
export { parseReference, type Reference, type Repository, type TagName } from "./src/oci/reference.ts";
