import { type Digest, digestOf } from "../../../src/oci/digest.ts";
import { entryName } from "../../../src/store/oci_layout/layout_index.ts";
import { blobPath } from "../../../src/store/blob_path.ts";
import { openLayoutStore } from "../../../src/store/oci_layout/store.ts";
import { LayoutWriter } from "../../../src/store/oci_layout/writer.ts";
import { tempDir } from "../../support/temp_dir.ts";
import type { StoreFixture, TestIngest } from "../store_fixture.ts";

/** A layout in a directory of its own. */
export interface LayoutFixture extends StoreFixture {
  /** The directory. */
  readonly root: string;
  /** What fills it. */
  readonly writer: LayoutWriter;
}

/** Makes an empty layout and opens it. */
export async function openLayoutFixture(): Promise<LayoutFixture> {
  const parts = new AsyncDisposableStack();
  const { path: root } = parts.use(await tempDir());
  const store = parts.use(await openLayoutStore(root));
  const writer = await LayoutWriter.open(root);
  return {
    root,
    store,
    writer,
    async put(bytes) {
      const digest = await digestOf(bytes);
      await writer.write({ digest, size: bytes.length }, new Blob([bytes]).stream());
      return digest;
    },
    ingest: (digest, size) => Promise.resolve(ingestInto(writer, { digest, size })),
    remove: (digest) => Deno.remove(blobPath(root, digest)),
    async name(name, digest) {
      await writer.nameImage(name, await store.describe(digest));
    },
    async unname(name) {
      const index = JSON.parse(await Deno.readTextFile(`${root}/index.json`));
      index.manifests = index.manifests.filter((entry: unknown) => entryName(entry) !== name);
      await Deno.writeTextFile(`${root}/index.json.new`, JSON.stringify(index));
      await Deno.rename(`${root}/index.json.new`, `${root}/index.json`);
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

function ingestInto(writer: LayoutWriter, content: { digest: Digest; size: number }): TestIngest {
  const { readable, writable } = new TransformStream<Uint8Array<ArrayBuffer>>();
  const bytes = writable.getWriter();
  bytes.closed.catch(() => {}); // the end of the write tells
  const written = writer.write(content, readable);
  written.catch(() => {});
  return {
    append: (chunk) => bytes.write(chunk),
    async commit() {
      await bytes.close();
      await written;
    },
    async abort() {
      await bytes.abort(new Error("given up"));
      await written.catch(() => {});
    },
  };
}
