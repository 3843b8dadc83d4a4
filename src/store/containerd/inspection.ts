import type { CallOptions } from "../../core/call_options.ts";
import { SECOND_MS } from "../../core/units.ts";
import { type Digest, isDigest } from "../../oci/digest.ts";
import { type Descriptor, manifestChildren } from "../../oci/manifest.ts";
import { isManifestMediaType } from "../../oci/media_type.ts";
import { ContentNotFoundError } from "../content_store.ts";
import { BlobInfos } from "./blob_infos.ts";
import { ContainerdClient } from "./client.ts";
import { ContentRoot } from "./content_root.ts";
import { ImageServiceService, RuntimeServiceService } from "./gen/cri.ts";
import { ImagesService } from "./gen/images.ts";
import { IntrospectionService } from "./gen/introspection.ts";
import { VersionService } from "./gen/version.ts";
import { readManifestContent } from "./read_content.ts";

/** How containerd was told to pull, as it says itself. What a version does not tell is not there. */
export interface PullConfiguration {
  /** Where it looks for `hosts.toml` files; may be a list with colons, or empty. */
  configPath?: string;
  /** Whether layers are deleted once they are unpacked. */
  discardUnpackedLayers?: boolean;
}

/** Whether the layers of images are there. */
export interface LayerSurvey {
  /** How many images were looked at. */
  images: number;
  /** How many of these have lost layers that their manifest names. */
  withoutLayers: number;
  /** The name of one of them. */
  example?: string;
}

/** How many images are looked at. */
const SURVEYED_MAX = 30;
/** How long a pull of a name that nobody has may take, in milliseconds. */
const PULL_TIMEOUT_MS = 30 * SECOND_MS;
/** How long the list of images may take, in milliseconds. */
const LIST_TIMEOUT_MS = 10 * SECOND_MS;

/** Looks at a containerd as an operator does. Nothing is changed, but for what {@linkcode pull} is asked for. */
export class ContainerdInspection implements Disposable {
  readonly #client: ContainerdClient;
  readonly #infos: BlobInfos;

  /** @param socketPath containerd's gRPC socket. */
  constructor(socketPath: string, namespace: string) {
    this.#client = new ContainerdClient(socketPath, namespace);
    this.#infos = new BlobInfos(this.#client);
  }

  /**
   * Returns the version, such as `v2.3.4` or `1.6.20~ds1`.
   *
   * @throws {StoreUnavailableError} If containerd does not answer.
   */
  async version(options: CallOptions = {}): Promise<string> {
    return (await this.#client.call(VersionService.version, {}, options)).version;
  }

  /** Returns the content directory, if containerd tells it. */
  async contentRoot(options: CallOptions = {}): Promise<string | undefined> {
    return await new ContentRoot(this.#client).find(options);
  }

  /**
   * Returns what containerd tells of its configuration: 1.x through CRI, versions after 2.3 as exports of a plugin.
   *
   * @throws {StoreUnavailableError} If containerd does not answer.
   */
  async pullConfiguration(options: CallOptions = {}): Promise<PullConfiguration> {
    const { info } = await this.#client.call(RuntimeServiceService.status, { verbose: true }, options);
    const told = configurationOf(info.config);
    if (told.configPath !== undefined) return told;
    const request = { filters: ["type==io.containerd.cri.v1,id==images"] };
    const { plugins } = await this.#client.call(IntrospectionService.plugins, request, options);
    const { RegistryConfigPath: configPath, DiscardUnpackedLayers: discard } = plugins[0]?.exports ?? {};
    return {
      ...(configPath === undefined ? {} : { configPath }),
      ...(discard === undefined ? {} : { discardUnpackedLayers: discard === "true" }),
    };
  }

  /**
   * Looks whether the layers of some images are there.
   *
   * @throws {StoreUnavailableError} If containerd does not answer.
   */
  async surveyLayers(options: CallOptions = {}): Promise<LayerSurvey> {
    const { images } = await this.#client.call(ImagesService.list, { filters: [] }, {
      ...options,
      timeoutMs: LIST_TIMEOUT_MS,
    });
    // An image has several names; those with a tag are what people call it by.
    const named = images.toSorted((a, b) => Number(hasTag(a.name)) - Number(hasTag(b.name)));
    const names = new Map(named.map(({ name, target }) => [target?.digest ?? "", name]));
    const survey: LayerSurvey = { images: 0, withoutLayers: 0 };
    for (const [digest, name] of names.entries().filter(([digest]) => isDigest(digest)).take(SURVEYED_MAX)) {
      const layers = await this.#layersOf(digest as Digest, options);
      if (layers.length === 0) continue;
      survey.images++;
      const lost = (await Promise.all(layers.map((layer) => this.#isThere(layer, options)))).includes(false);
      if (!lost) continue;
      survey.withoutLayers++;
      survey.example ??= name;
    }
    return survey;
  }

  /**
   * Pulls an image as a kubelet does.
   *
   * @throws {StoreUnavailableError} If it fails.
   */
  async pull(image: string, options: CallOptions = {}): Promise<void> {
    const limits = { ...options, timeoutMs: PULL_TIMEOUT_MS };
    await this.#client.call(ImageServiceService.pullImage, { image: { image } }, limits);
  }

  /** Returns the layers of the manifests that are there, of an image or of the platforms of an index. */
  async #layersOf(digest: Digest, options: CallOptions): Promise<Descriptor[]> {
    const children = await this.#children(digest, options);
    const manifests = children.filter(({ mediaType }) => isManifestMediaType(mediaType));
    if (manifests.length === 0) return children.filter(isLayer);
    const nested = await Promise.all(manifests.map((manifest) => this.#children(manifest.digest, options)));
    return nested.flat().filter(isLayer);
  }

  async #children(digest: Digest, options: CallOptions): Promise<Descriptor[]> {
    try {
      const { size } = await this.#infos.ask(digest, options);
      const bytes = await readManifestContent(this.#client, digest, size, options);
      return bytes ? manifestChildren(bytes) : [];
    } catch (reason) {
      if (reason instanceof ContentNotFoundError) return []; // of another platform
      throw reason;
    }
  }

  async #isThere({ digest }: Descriptor, options: CallOptions): Promise<boolean> {
    try {
      await this.#infos.ask(digest, options);
      return true;
    } catch (reason) {
      if (reason instanceof ContentNotFoundError) return false;
      throw reason;
    }
  }

  /** Closes the connection. */
  [Symbol.dispose](): void {
    this.#client[Symbol.dispose]();
  }
}

function hasTag(name: string): boolean {
  return !name.includes("@") && !isDigest(name);
}

function isLayer({ mediaType }: Descriptor): boolean {
  return /\.layer\.|\.rootfs\.diff\./.test(mediaType);
}

/** Reads the configuration of the CRI plugin as 1.x tells it. */
function configurationOf(json: string | undefined): PullConfiguration {
  try {
    const { registry, containerd } = JSON.parse(json ?? "{}");
    return {
      ...(typeof registry?.configPath === "string" ? { configPath: registry.configPath } : {}),
      ...(typeof containerd?.discardUnpackedLayers === "boolean"
        ? { discardUnpackedLayers: containerd.discardUnpackedLayers }
        : {}),
    };
  } catch {
    return {};
  }
}
