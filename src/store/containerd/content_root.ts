import type { CallOptions } from "../../core/call_options.ts";
import { StoreUnavailableError } from "../content_store.ts";
import type { ContainerdClient } from "./client.ts";
import { IntrospectionService } from "./gen/introspection.ts";

/** The kind of plugin that tells where its content is. */
const CONTENT_PLUGIN_FILTER = "type==io.containerd.content.v1";

/** The directory that containerd keeps content in. */
export class ContentRoot {
  readonly #client: ContainerdClient;
  #path: string | undefined;

  /** @param path The directory, where it is known; containerd is asked otherwise. */
  constructor(client: ContainerdClient, path?: string) {
    this.#client = client;
    this.#path = path;
  }

  /**
   * Returns the directory.
   *
   * @returns `undefined` while it is not known, because containerd does not answer or keeps content elsewhere.
   */
  async find(options: CallOptions = {}): Promise<string | undefined> {
    if (this.#path !== undefined) return this.#path;
    try {
      const request = { filters: [CONTENT_PLUGIN_FILTER] };
      const { plugins } = await this.#client.call(IntrospectionService.plugins, request, options);
      this.#path = plugins.map(({ exports }) => exports.root).find((root) => root);
    } catch (reason) {
      if (!(reason instanceof StoreUnavailableError)) throw reason;
    }
    return this.#path;
  }

  /** Returns the directory if its blobs can be read from here. */
  async findReadable(options: CallOptions = {}): Promise<string | undefined> {
    const path = await this.find(options);
    if (path === undefined) return undefined;
    try {
      return (await Deno.stat(`${path}/blobs`)).isDirectory ? path : undefined;
    } catch {
      return undefined;
    }
  }
}
