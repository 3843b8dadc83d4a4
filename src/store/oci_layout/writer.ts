import type { CallOptions } from "../../core/call_options.ts";
import type { Descriptor } from "../../oci/manifest.ts";
import type { BlobWriter, ImageNamer } from "../blob_writer.ts";
import { nameImage } from "./name_image.ts";
import { prepareIngest, writeBlob } from "./write_blob.ts";

/** The version of the layout's format, as the image-spec wants it in a file of its own. */
const OCI_LAYOUT = JSON.stringify({ imageLayoutVersion: "1.0.0" });

/** Fills an OCI image layout: for nodes that have no containerd. One writer at a time may name images. */
export class LayoutWriter implements BlobWriter, ImageNamer {
  readonly #root: string;
  #naming: Promise<void> = Promise.resolve();

  private constructor(root: string) {
    this.#root = root;
  }

  /**
   * Opens a layout for writing, and makes it if it is not there.
   *
   * @param root The directory of the layout.
   */
  static async open(root: string): Promise<LayoutWriter> {
    await Deno.mkdir(`${root}/blobs`, { recursive: true });
    await prepareIngest(root);
    await writeMarker(`${root}/oci-layout`);
    return new LayoutWriter(root);
  }

  /** As {@linkcode BlobWriter} says. */
  write(
    content: Pick<Descriptor, "digest" | "size">,
    bytes: ReadableStream<Uint8Array>,
    options: CallOptions = {},
  ): Promise<void> {
    return writeBlob(this.#root, content, bytes, options);
  }

  /** As {@linkcode ImageNamer} says. */
  async nameImage(name: string, target: Descriptor, options: CallOptions = {}): Promise<void> {
    // One after the other: each reads the index, changes it and replaces it.
    const turn = this.#naming.then(() => nameImage(this.#root, name, target, options));
    this.#naming = turn.catch(() => {});
    await turn;
  }
}

async function writeMarker(path: string): Promise<void> {
  try {
    await Deno.writeTextFile(path, OCI_LAYOUT, { createNew: true });
  } catch (reason) {
    if (!(reason instanceof Deno.errors.AlreadyExists)) throw reason;
  }
}
