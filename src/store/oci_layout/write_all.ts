/**
 * Writes all of the bytes.
 *
 * `FsFile.writable` is no way to do so when the file has to be synced before it is closed: it holds bytes back.
 */
export async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) written += await file.write(bytes.subarray(written));
}
