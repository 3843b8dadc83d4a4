import type { CallOptions } from "../../core/call_options.ts";
import type { Digest } from "../../oci/digest.ts";
import type { Repository } from "../../oci/reference.ts";
import type { BlobInspector } from "../blob_inspector.ts";
import { type BlobState, type ContentSnapshot, EMPTY_SNAPSHOT, takeSnapshot } from "../content_snapshot.ts";
import { ContentNotFoundError } from "../content_store.ts";
import { listBlobFiles } from "../list_blob_files.ts";
import { sameSources } from "../merge_sources.ts";
import type { Changes } from "../pending_changes.ts";
import type { BlobInfo, BlobInfos } from "./blob_infos.ts";
import type { ContentRoot } from "./content_root.ts";
import { hasFile } from "./describe.ts";
import type { ContainerdImages } from "./images.ts";
import type { Rechecks } from "./rechecks.ts";

/** What {@linkcode ContainerdListing} works with. */
export interface ContainerdListingComponents {
  /** What containerd says of blobs. */
  infos: BlobInfos;
  /** Where the files are. */
  root: ContentRoot;
  /** The image names. */
  images: ContainerdImages;
  /** Finds the manifests. */
  inspector: BlobInspector;
  /** Looks again at what is not settled yet. */
  rechecks: Rechecks;
}

/** How many blobs are asked for one by one; for more, a listing of all is cheaper. */
const SINGLE_BLOBS_MAX = 256;

/** What was in our namespace at the last look. */
export class ContainerdListing {
  readonly #components: ContainerdListingComponents;
  readonly #blobs = new Map<Digest, BlobState>();
  #named: ReadonlyMap<Digest, readonly Repository[]> = new Map();
  /** Blobs that a name led to before, and none does any more. */
  readonly #leaving = new Set<Digest>();
  #snapshot: ContentSnapshot = EMPTY_SNAPSHOT;

  /** @param components What is asked at every look. */
  constructor(components: ContainerdListingComponents) {
    this.#components = components;
  }

  /**
   * Looks at the changes.
   *
   * @returns The same snapshot as before if nothing changed.
   * @throws {StoreUnavailableError} If containerd does not answer.
   */
  async look({ all, blobs, images }: Changes, { signal }: { signal: AbortSignal }): Promise<ContentSnapshot> {
    const changed = all ? await this.#lookAtAll({ signal }) : await this.#lookAt(blobs, { signal });
    const before = this.#named;
    if (all || images) await this.#components.images.list({ signal });
    if (all || images || changed) {
      await this.#walk({ signal });
      if (!all) await this.#lookAtNewNames(before, { signal });
      this.#snapshot = takeSnapshot(this.#blobs, this.#components.images.images, this.#named);
    }
    await this.#recheck(before, blobs, { signal });
    return this.#snapshot;
  }

  /** @returns Whether anything is not as before. */
  async #lookAtAll(options: CallOptions): Promise<boolean> {
    const { infos, root } = this.#components;
    const found = await infos.list(options);
    const directory = await root.findReadable(options);
    const files = directory === undefined ? undefined : await listBlobFiles(directory);
    const present = new Map(found.entries().filter(([digest]) => files?.has(digest) ?? true));
    const gone = [...this.#blobs.keys()].filter((digest) => !present.has(digest));
    const forgot = this.#forget(gone);
    return await this.#set(present, options) || forgot;
  }

  /** @returns Whether anything is not as before. */
  async #lookAt(digests: Iterable<Digest>, options: CallOptions): Promise<boolean> {
    const present = new Map<Digest, BlobInfo>();
    const gone: Digest[] = [];
    const directory = await this.#components.root.findReadable(options);
    await Promise.all(Array.from(digests, async (digest) => {
      const info = await this.#ask(digest, options);
      if (info && (directory === undefined || await hasFile(directory, digest, info.size))) present.set(digest, info);
      else gone.push(digest);
    }));
    const forgot = this.#forget(gone);
    return await this.#set(present, options) || forgot;
  }

  async #ask(digest: Digest, options: CallOptions): Promise<BlobInfo | undefined> {
    try {
      return await this.#components.infos.ask(digest, options);
    } catch (reason) {
      if (reason instanceof ContentNotFoundError) return undefined;
      throw reason;
    }
  }

  #forget(digests: readonly Digest[]): boolean {
    for (const digest of digests) this.#leaving.delete(digest);
    return digests.filter((digest) => this.#blobs.delete(digest)).length > 0;
  }

  async #set(present: ReadonlyMap<Digest, BlobInfo>, options: CallOptions): Promise<boolean> {
    const unknown = [...present.keys()].filter((digest) => !this.#blobs.has(digest));
    const inspected = await this.#components.inspector.inspectAll(unknown, options);
    let changed = false;
    for (const [digest, { sources }] of present) {
      const known = this.#blobs.get(digest);
      const { mediaType } = known ?? inspected.get(digest) ?? {};
      if (mediaType === undefined || known && sameSources(known.sources, sources)) continue;
      this.#blobs.set(digest, { mediaType, sources });
      changed = true;
    }
    return changed;
  }

  async #walk(options: CallOptions): Promise<void> {
    this.#named = await this.#components.images.walk((digest) => this.#blobs.has(digest), options);
  }

  /**
   * Looks at what image names lead to now but did not before. It may have come without a sign: content that another
   * namespace has already is shared without writing a file.
   */
  async #lookAtNewNames(before: ReadonlyMap<Digest, unknown>, options: CallOptions): Promise<void> {
    const asked = new Set<Digest>();
    for (;;) {
      const unknown = [...this.#named.keys()].filter((digest) =>
        !this.#blobs.has(digest) && !before.has(digest) && !asked.has(digest)
      );
      if (unknown.length === 0) return;
      if (unknown.length > SINGLE_BLOBS_MAX) await this.#lookAtAll(options);
      else await this.#lookAt(unknown, options);
      for (const digest of unknown) asked.add(digest);
      await this.#walk(options); // a manifest that was found leads further
    }
  }

  /**
   * Looks again later at blobs that neither a name nor a label assigns to a repository yet, or that no name leads to any
   * more, and at files that containerd does not know.
   */
  async #recheck(
    before: ReadonlyMap<Digest, unknown>,
    looked: Iterable<Digest>,
    options: CallOptions,
  ): Promise<void> {
    const { rechecks, root } = this.#components;
    const directory = await root.find(options);
    for (const digest of looked) {
      const blob = this.#blobs.get(digest);
      const settled = blob ? this.#isSettled(digest, blob) : !await hasFile(directory, digest);
      if (settled) rechecks.settle(digest);
      else rechecks.later(digest);
    }
    if (before === this.#named) return;
    for (const digest of before.keys()) {
      if (!this.#blobs.has(digest) || this.#named.has(digest)) continue;
      this.#leaving.add(digest);
      rechecks.later(digest);
    }
  }

  /** A name comes when all of an image is there, which may be minutes after a blob was labelled. */
  #isSettled(digest: Digest, { sources }: BlobState): boolean {
    if (this.#named.has(digest)) this.#leaving.delete(digest);
    return this.#named.has(digest) || (sources.length > 0 && !this.#leaving.has(digest));
  }
}
