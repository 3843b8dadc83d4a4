import { ContentNotFoundError } from "./content_store.ts";
import { type GrowingContent, GrowingFile, type GrowingPlace } from "./growing_file.ts";
import { IngestLostError, type IngestTail, type TailOptions } from "./ingest.ts";
import { readWindow } from "./read_window.ts";
import { tailStream } from "./tail_stream.ts";

/**
 * Opens the file of a download as a tail, as `IngestReader.tail()` has to.
 *
 * @throws {ContentNotFoundError} If the download is gone without its content.
 * @throws {RangeError} If the offset is not within the total.
 */
export async function tailFile(
  content: GrowingContent,
  place: GrowingPlace,
  options: TailOptions,
): Promise<IngestTail> {
  const { digest, total } = content;
  const { offset } = readWindow(digest, total, { offset: options.offset });
  const file = new GrowingFile(content, place);
  try {
    await file.open();
    options.signal?.throwIfAborted();
  } catch (reason) {
    file.close();
    throw reason instanceof IngestLostError ? new ContentNotFoundError(digest, { cause: reason }) : reason;
  }
  return { total, body: tailStream(file, { ...options, offset, total }) };
}
