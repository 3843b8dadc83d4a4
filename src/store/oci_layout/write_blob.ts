import { createHash } from "node:crypto";
import type { CallOptions } from "../../core/call_options.ts";
import { HOUR_MS } from "../../core/units.ts";
import { splitDigest } from "../../oci/digest.ts";
import type { Descriptor } from "../../oci/manifest.ts";
import { blobPath } from "../blob_path.ts";
import { ContentMismatchError } from "../blob_writer.ts";
import { ingestPath, newPartPath } from "./part_files.ts";
import { writeAll } from "./write_all.ts";

/** Leftovers of writers that were killed are removed when they are this old: no write takes so long. */
const LEFTOVER_MS = 24 * HOUR_MS;

/**
 * Writes a blob into a layout, as `BlobWriter.write()` has to: into a file of its own, which others can read while it
 * grows, and which is checked, made read-only, and renamed to its place.
 */
export async function writeBlob(
  root: string,
  content: Pick<Descriptor, "digest" | "size">,
  bytes: ReadableStream<Uint8Array>,
  { signal }: CallOptions = {},
): Promise<void> {
  const path = blobPath(root, content.digest);
  const temporary = newPartPath(root, content);
  try {
    signal?.throwIfAborted();
    if (await exists(path)) return await bytes.cancel();
    await writeChecked(temporary, content, bytes, signal);
    await Deno.chmod(temporary, 0o444);
    await Deno.mkdir(`${root}/blobs/${splitDigest(content.digest).algorithm}`, { recursive: true });
    await Deno.rename(temporary, path);
  } catch (reason) {
    await bytes.cancel(reason).catch(() => {}); // it may have ended
    await Deno.remove(temporary).catch(() => {}); // it may not have been made
    throw reason;
  }
}

/** Makes the directory for blobs that are being written, and clears it of what a killed writer left behind. */
export async function prepareIngest(root: string): Promise<void> {
  const ingest = ingestPath(root);
  await Deno.mkdir(ingest, { recursive: true });
  for await (const { name } of Deno.readDir(ingest)) {
    await removeLeftover(`${ingest}/${name}`);
  }
}

async function removeLeftover(path: string): Promise<void> {
  try {
    const { mtime } = await Deno.stat(path);
    if (Date.now() - (mtime?.getTime() ?? 0) > LEFTOVER_MS) await Deno.remove(path);
  } catch (reason) {
    if (!(reason instanceof Deno.errors.NotFound)) throw reason; // another writer was faster
  }
}

async function writeChecked(
  path: string,
  { digest, size }: Pick<Descriptor, "digest" | "size">,
  bytes: ReadableStream<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const fail = (why: string) => new ContentMismatchError(`Cannot write "${digest}": ${why}`);
  const { algorithm, hex } = splitDigest(digest);
  const hash = createHash(algorithm);
  let received = 0;
  using file = await Deno.open(path, { write: true, createNew: true, mode: 0o644 }); // read while it grows
  const sink = new WritableStream<Uint8Array>({
    async write(chunk) {
      received += chunk.length;
      if (received > size) throw fail(`it has more than ${size} bytes`);
      hash.update(chunk);
      await writeAll(file, chunk);
    },
  });
  await bytes.pipeTo(sink, { signal });
  if (received !== size) throw fail(`it has ${received} bytes and not ${size}`);
  const found = hash.digest("hex");
  if (found !== hex) throw fail(`its digest is ${algorithm}:${found}`);
  await file.sync();
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (reason) {
    if (reason instanceof Deno.errors.NotFound) return false;
    throw reason;
  }
}
