import { type ByteRange, contentRange } from "../http/byte_range.ts";
import type { DistributionPath } from "../oci/distribution_path.ts";
import type { Descriptor } from "../oci/manifest.ts";

/** The bytes of an answer: small ones in memory, others as a byte stream. */
type Body = ReadableStream<Uint8Array<ArrayBuffer>> | Uint8Array<ArrayBuffer>;

/** How content is answered. */
export interface ContentResponseOptions {
  /** What was asked for. */
  path: DistributionPath;
  /** What is served. */
  content: Descriptor;
  /** Whether only the headers are wanted. */
  head: boolean;
  /** The bytes to send, or undefined for all of them. */
  range?: ByteRange | undefined;
  /** Opens the bytes, unless only the headers are wanted. */
  open(range: ByteRange | undefined): Promise<Body> | Body;
}

/**
 * Answers with content: 200, or 206 for a range.
 *
 * {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pull}
 *
 * @throws whatever opening the body throws; nothing has been sent then.
 */
export async function contentResponse(options: ContentResponseOptions): Promise<Response> {
  const { path, content, head, range, open } = options;
  const headers = new Headers({
    "accept-ranges": "bytes",
    "content-length": String(range ? range.end - range.start + 1 : content.size),
    "content-type": content.mediaType,
    "docker-content-digest": content.digest,
    "oci-namespace": path.registry,
  });
  if (range) headers.set("content-range", contentRange(range, content.size));
  const body = head || content.size === 0 ? null : await open(range);
  return new Response(body, { status: range ? 206 : 200, headers });
}
