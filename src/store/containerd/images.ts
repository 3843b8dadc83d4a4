import { MINUTE_MS, SECOND_MS } from "../../core/units.ts";
import type { CallOptions } from "../../core/call_options.ts";
import { abortable } from "../../core/deadline.ts";
import { type Digest, isDigest } from "../../oci/digest.ts";
import type { Repository } from "../../oci/reference.ts";
import type { BlobInspector } from "../blob_inspector.ts";
import { StoreUnavailableError } from "../content_store.ts";
import { ImageNameReader } from "../image_name_reader.ts";
import { type NamedImage, walkImages } from "../walk_images.ts";
import type { ClientCallOptions, ContainerdClient } from "./client.ts";
import { ImagesService } from "./gen/images.ts";

/** What {@linkcode ContainerdImages} works with. */
export interface ContainerdImagesComponents {
  /** Lists the images. */
  client: ContainerdClient;
  /** Reads their manifests. */
  inspector: BlobInspector;
}

/** How long what was found is used when nobody follows the changes, in milliseconds. */
const FRESH_MS = SECOND_MS;

/** How long it is used while a watch follows the changes and lists once a minute, in milliseconds. */
const FOLLOWED_FRESH_MS = 2 * MINUTE_MS;

/** How long a watch waits for the list, in milliseconds: requests wait for less. */
const LIST_TIMEOUT_MS = 10 * SECOND_MS;

/** The images of our namespace, and the content that their names lead to. */
export class ContainerdImages {
  readonly #components: ContainerdImagesComponents;
  readonly #names = new ImageNameReader();
  #images: readonly NamedImage[] = [];
  #named: ReadonlyMap<Digest, readonly Repository[]> = new Map();
  #freshUntilMs = 0;
  #refreshing: Promise<void> | undefined;

  /** @param components What lists the images and reads their manifests. */
  constructor(components: ContainerdImagesComponents) {
    this.#components = components;
  }

  /** The images of the last list. */
  get images(): readonly NamedImage[] {
    return this.#images;
  }

  /** Notes that the list is out of date. */
  expire(): void {
    this.#freshUntilMs = 0;
  }

  /**
   * Lists the images, for a watch.
   *
   * @throws {StoreUnavailableError} If containerd does not answer.
   */
  async list(options: CallOptions = {}): Promise<void> {
    this.#images = await this.#list({ ...options, timeoutMs: LIST_TIMEOUT_MS });
  }

  /**
   * Finds where content came from by the listed images, for a watch.
   *
   * @param present Tells which manifests are there.
   */
  async walk(
    present: (digest: Digest) => boolean,
    options: CallOptions = {},
  ): Promise<ReadonlyMap<Digest, readonly Repository[]>> {
    this.#named = await walkImages(this.#images, this.#components.inspector, { ...options, present });
    this.#freshUntilMs = performance.now() + FOLLOWED_FRESH_MS;
    return this.#named;
  }

  /**
   * Returns the repositories of the image names that lead to content, as they were a second ago or later. While
   * containerd does not answer, it is what was known last.
   */
  async sources(digest: Digest, options: CallOptions = {}): Promise<readonly Repository[]> {
    if (performance.now() >= this.#freshUntilMs) await this.#refreshOnce(options);
    return this.#named.get(digest) ?? [];
  }

  /** Requests that come together share one list. None of them ends it for the others. */
  async #refreshOnce({ signal }: CallOptions): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => this.#refreshing = undefined);
    await (signal ? abortable(this.#refreshing, signal) : this.#refreshing);
  }

  async #refresh(): Promise<void> {
    try {
      this.#images = await this.#list({});
      this.#named = await walkImages(this.#images, this.#components.inspector);
    } catch (reason) {
      if (!(reason instanceof StoreUnavailableError)) throw reason;
    }
    this.#freshUntilMs = performance.now() + FRESH_MS;
  }

  async #list(options: ClientCallOptions): Promise<NamedImage[]> {
    const { images } = await this.#components.client.call(ImagesService.list, { filters: [] }, options);
    return images.flatMap(({ name, target }) => {
      const reference = this.#names.read(name);
      const digest = target?.digest ?? "";
      return reference && isDigest(digest) ? [{ reference, digest }] : [];
    });
  }
}
