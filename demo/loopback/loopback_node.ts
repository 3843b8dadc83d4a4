import type { CallOptions } from "../../src/core/call_options.ts";
import { abortable } from "../../src/core/deadline.ts";
import { DirectClient } from "../../src/http/direct_client.ts";
import type { Digest } from "../../src/oci/digest.ts";
import { blobPath } from "../../src/store/blob_path.ts";
import { LayoutWriter } from "../../src/store/oci_layout/writer.ts";
import { httpText } from "../../tests/support/http_text.ts";
import type { BuiltImage } from "../../tests/support/image/build_image.ts";
import { until } from "../../tests/support/until.ts";
import { pullImage } from "../client/pull_image.ts";
import { IMAGE } from "../image.ts";
import type { DemoNode, PullOrder } from "../world.ts";
import { mirrorUrls } from "./mirror_urls.ts";
import { peiliLogPath, PeiliProcess, type PeiliProcessOptions } from "./peili_process.ts";

/** What a {@linkcode LoopbackNode} is made of. */
export interface LoopbackNodeOptions extends PeiliProcessOptions {
  /** The image that is pulled. */
  image: BuiltImage;
  /** The registry that it comes from, as `host:port`. */
  registry: string;
}

/** A node without containerd: a Peili over an OCI image layout, and a small client that fills the layout. */
export class LoopbackNode implements DemoNode, AsyncDisposable {
  readonly name: string;
  readonly logPath: string;
  readonly #options: LoopbackNodeOptions;
  readonly #store: LayoutWriter;
  #peili: PeiliProcess;

  private constructor(options: LoopbackNodeOptions, store: LayoutWriter, peili: PeiliProcess) {
    this.name = options.name;
    this.logPath = peiliLogPath(options.dir);
    this.#options = options;
    this.#store = store;
    this.#peili = peili;
  }

  /** Starts a node and waits until it serves. */
  static async start(options: LoopbackNodeOptions): Promise<LoopbackNode> {
    const store = await LayoutWriter.open(options.layoutDir);
    return new LoopbackNode(options, store, await PeiliProcess.start(options));
  }

  get running(): boolean {
    return this.#peili.running;
  }

  /** Waits until its Peili knows so many others. */
  async hasPeers(count: number, { signal = new AbortController().signal }: CallOptions = {}): Promise<void> {
    const { local } = this.#peili.addresses;
    const known = until(`${this.name} to know ${count} others`, async () => {
      return JSON.parse(await httpText(`http://${local}/readyz`)).peers >= count;
    });
    await abortable(known, signal);
  }

  async pull({ progress, interruption, signal }: PullOrder): Promise<void> {
    const { registry } = this.#options;
    let due = interruption;
    await pullImage({
      mirror: this.#peili.addresses.local,
      registry,
      ...IMAGE,
      store: this.#store,
      signal,
      async onBytes({ digest }, received) {
        progress.update(digest, received);
        if (digest !== due?.digest || received < due.atBytes) return;
        const { act } = due;
        due = undefined;
        await act(); // no further byte of this blob is read until it is done
      },
    });
  }

  async removeImage(): Promise<void> {
    const { layoutDir, image } = this.#options;
    await Deno.remove(`${layoutDir}/index.json`); // the name first: nothing may be promised that is not there
    for (const { digest } of image.content) await Deno.remove(this.blobPath(digest));
  }

  async findsImage({ signal = new AbortController().signal }: CallOptions = {}): Promise<void> {
    const { registry, image } = this.#options;
    using client = new DirectClient();
    for (const url of mirrorUrls(this.#peili.addresses.local, registry, image)) {
      const found = until(`${this.name} to find ${url}`, async () => {
        return (await client.fetch(url, { method: "HEAD", signal })).status === 200;
      });
      await abortable(found, signal);
    }
  }

  async metrics(): Promise<string> {
    return await httpText(`http://${this.#peili.addresses.metrics}/metrics`);
  }

  blobPath(digest: Digest): string {
    return blobPath(this.#options.layoutDir, digest);
  }

  async kill(): Promise<void> {
    await this.#peili.kill();
  }

  async restart(): Promise<void> {
    this.#peili = await PeiliProcess.start(this.#options);
  }

  hints(): string[] {
    const { registry, image, layoutDir } = this.#options;
    const { addresses, pid } = this.#peili;
    const [tagUrl = ""] = mirrorUrls(addresses.local, registry, image);
    return [
      `curl -s http://${addresses.local}/readyz`,
      `curl -sI '${tagUrl}'`,
      `curl -s http://${addresses.metrics}/metrics | grep ^peili_`,
      `tail -f ${this.logPath}`,
      `ls ${layoutDir}/blobs/sha256`,
      `kill -9 ${pid}`,
    ];
  }

  /** Stops it; its files stay. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#peili[Symbol.asyncDispose]();
  }
}
