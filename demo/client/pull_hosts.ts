import type { CallOptions } from "../../src/core/call_options.ts";
import { MANIFEST_MAX_BYTES } from "../../src/core/limits.ts";
import { DirectClient } from "../../src/http/direct_client.ts";
import { readBounded } from "../../src/http/read_bounded.ts";
import { isDigest } from "../../src/oci/digest.ts";
import { type Descriptor, manifestChildren } from "../../src/oci/manifest.ts";
import { isManifestMediaType, MANIFEST_MEDIA_TYPES } from "../../src/oci/media_type.ts";

/** Whom a {@linkcode PullHosts} asks. */
export interface PullHostsOptions {
  /** The mirror as `host:port`: asked first for everything, every time. */
  mirror: string;
  /** The registry as `host:port`: asked for what the mirror does not give. */
  registry: string;
  /** The repository, such as `demo/app`. */
  repository: string;
}

/** How it introduces itself: as what it does as much as, which a Peili lets take part in one download of all nodes. */
const USER_AGENT = "containerd/2.1.0 peili-demo";

/** The bytes of a body. */
export type Body = ReadableStream<Uint8Array<ArrayBuffer>>;

/** Asks a mirror, then the registry itself, as containerd does with a `hosts.toml` that names the mirror. */
export class PullHosts implements Disposable {
  readonly #client = new DirectClient();
  readonly #options: PullHostsOptions;

  /** @param options Whom it asks. */
  constructor(options: PullHostsOptions) {
    this.#options = options;
  }

  /**
   * Finds what a tag names.
   *
   * @throws {Error} If neither host knows it.
   */
  async resolve(tag: string, options: CallOptions = {}): Promise<Descriptor> {
    const init = { method: "HEAD", headers: { accept: MANIFEST_MEDIA_TYPES.join(", ") }, ...options };
    const { headers } = await this.#first(`manifests/${tag}`, init, (response) => response.status === 200);
    const digest = headers.get("docker-content-digest") ?? "";
    const [size, mediaType] = [Number(headers.get("content-length")), headers.get("content-type") ?? ""];
    if (isDigest(digest) && size > 0 && isManifestMediaType(mediaType)) return { digest, size, mediaType };
    throw new Error(`Cannot resolve "${tag}": the answer names "${digest}", ${size} bytes of "${mediaType}"`);
  }

  /**
   * Opens a manifest or a blob.
   *
   * @param offset The first byte that is wanted.
   * @throws {Error} If neither host gives it.
   */
  async open({ digest, mediaType }: Descriptor, offset = 0, { signal }: CallOptions = {}): Promise<Body> {
    const kind = isManifestMediaType(mediaType) ? "manifests" : "blobs";
    const headers = new Headers({ accept: `${mediaType}, */*` });
    if (offset > 0) headers.set("range", `bytes=${offset}-`);
    const response = await this.#first(`${kind}/${digest}`, { headers, signal }, ({ status, headers }) => {
      if (offset === 0) return status === 200;
      return status === 206 && headers.get("content-range")?.startsWith(`bytes ${offset}-`) === true;
    });
    return response.body ?? new Blob().stream();
  }

  /** Opens a manifest and reads what it refers to: the config, then the layers. */
  async readManifest(manifest: Descriptor, options: CallOptions = {}): Promise<{ bytes: Body; content: Descriptor[] }> {
    const bytes = await readBounded(await this.open(manifest, 0, options), MANIFEST_MAX_BYTES);
    return { bytes: new Blob([bytes]).stream(), content: manifestChildren(bytes) };
  }

  /** Asks one host after the other until one gives an answer that will do. */
  async #first(object: string, init: RequestInit, willDo: (response: Response) => boolean): Promise<Response> {
    const { mirror, registry, repository } = this.#options;
    const failures: string[] = [];
    for (const host of [mirror, registry]) {
      const query = host === registry ? "" : `?ns=${encodeURIComponent(registry)}`;
      try {
        const headers = new Headers(init.headers);
        headers.set("user-agent", USER_AGENT);
        const url = `http://${host}/v2/${repository}/${object}${query}`;
        const response = await this.#client.fetch(url, { ...init, headers });
        if (willDo(response)) return response;
        failures.push(`${host} answered ${response.status}`);
        await response.body?.cancel();
      } catch (reason) {
        init.signal?.throwIfAborted();
        if (!(reason instanceof TypeError)) throw reason;
        failures.push(`${host} did not answer`);
      }
    }
    throw new Error(`Cannot get "${object}" of "${repository}": ${failures.join(", ")}`);
  }

  /** Closes the connections. */
  [Symbol.dispose](): void {
    this.#client[Symbol.dispose]();
  }
}
