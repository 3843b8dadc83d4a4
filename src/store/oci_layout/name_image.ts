import type { CallOptions } from "../../core/call_options.ts";
import type { Descriptor } from "../../oci/manifest.ts";
import { parseReference } from "../../oci/reference.ts";
import { entryName, NAME_ANNOTATION, parseLayoutIndex, REF_NAME_ANNOTATION } from "./layout_index.ts";
import { writeAll } from "./write_all.ts";

/** An `index.json` without images. */
const EMPTY_INDEX = JSON.stringify({ schemaVersion: 2, manifests: [] });

/**
 * Names an image in `index.json`, as `ImageNamer.nameImage()` has to. The file is replaced at once; everything else
 * that stands in it stays.
 *
 * @throws {SyntaxError} If the name is none, or the `index.json` that is there is broken.
 */
export async function nameImage(
  root: string,
  name: string,
  target: Descriptor,
  { signal }: CallOptions = {},
): Promise<void> {
  signal?.throwIfAborted();
  const { tag } = parseReference(name);
  const path = `${root}/index.json`;
  const text = await readIndex(path);
  parseLayoutIndex(text); // refuses what is no index
  const index = JSON.parse(text) as Record<string, unknown> & { manifests: unknown[] };
  const entry = {
    mediaType: target.mediaType,
    digest: target.digest,
    size: target.size,
    annotations: { [NAME_ANNOTATION]: name, ...(tag === undefined ? {} : { [REF_NAME_ANNOTATION]: tag }) },
  };
  index.manifests = [...index.manifests.filter((other) => entryName(other) !== name), entry];
  await replaceFile(path, JSON.stringify(index, null, 2));
}

async function readIndex(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (reason) {
    if (reason instanceof Deno.errors.NotFound) return EMPTY_INDEX;
    throw reason;
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${crypto.randomUUID()}`;
  try {
    using file = await Deno.open(temporary, { write: true, createNew: true, mode: 0o644 });
    await writeAll(file, new TextEncoder().encode(text));
    await file.sync();
    await Deno.rename(temporary, path);
  } catch (reason) {
    await Deno.remove(temporary).catch(() => {}); // it may not have been made
    throw reason;
  }
}
