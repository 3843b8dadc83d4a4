/** A file inside a tar archive. */
export interface TarFile {
  /** The path, relative and at most 100 bytes. */
  path: string;
  /** Its size in bytes, at most 8 GiB - 1. */
  size: number;
  /** Its bytes, exactly `size` of them. */
  content: Iterable<Uint8Array<ArrayBuffer>>;
}

/** Tar is made of blocks of this many bytes. */
const BLOCK_BYTES = 512;

/** Yields a ustar archive in which nothing depends on when or by whom it is made. */
export function* tarStream(files: Iterable<TarFile>): Generator<Uint8Array<ArrayBuffer>> {
  for (const { path, size, content } of files) {
    yield header(path, size);
    yield* content;
    const padding = -size & (BLOCK_BYTES - 1);
    if (padding > 0) yield new Uint8Array(padding);
  }
  yield new Uint8Array(2 * BLOCK_BYTES);
}

function header(path: string, size: number): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(BLOCK_BYTES);
  const put = (text: string, offset: number) => block.set(new TextEncoder().encode(text), offset);
  const putOctal = (value: number, offset: number, length: number) =>
    put(`${value.toString(8).padStart(length - 1, "0")}\0`, offset);
  put(path, 0);
  putOctal(0o644, 100, 8);
  putOctal(0, 108, 8); // uid
  putOctal(0, 116, 8); // gid
  putOctal(size, 124, 12);
  putOctal(0, 136, 12); // mtime
  put("        ", 148); // the checksum counts itself as spaces
  put("0", 156); // a regular file
  put("ustar\x0000", 257);
  putOctal(block.reduce((sum, byte) => sum + byte, 0), 148, 7);
  return block;
}
