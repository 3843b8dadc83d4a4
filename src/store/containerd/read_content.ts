import { MANIFEST_MAX_BYTES } from "../../core/limits.ts";
import type { CallOptions } from "../../core/call_options.ts";
import { abortable, deadline } from "../../core/deadline.ts";
import { errorMessage } from "../../core/errors.ts";
import { SECOND_MS } from "../../core/units.ts";
import type { Digest } from "../../oci/digest.ts";
import { type OpenOptions, StoreUnavailableError } from "../content_store.ts";
import { startsJsonObject } from "../../oci/media_type.ts";
import type { ReadWindow } from "../read_window.ts";
import type { ContainerdClient } from "./client.ts";
import { ContentService, type ReadContentResponse } from "./gen/content.ts";

/** What a request may wait for the first bytes, in milliseconds: below the two seconds that a store may take. */
const FIRST_PIECE_TIMEOUT_MS = 1_500;

/** How long containerd may take for further bytes, in milliseconds: a body must not stand still for longer. */
const PIECE_TIMEOUT_MS = 10 * SECOND_MS;

/**
 * Streams content through containerd: much slower than its file, and for the case that the file cannot be read.
 *
 * The first bytes are read at once, so that what cannot be read fails here. containerd holds the file open meanwhile:
 * as with a file of our own, the stream goes on when the content is removed.
 *
 * @throws {ContentNotFoundError} If it is not in our namespace.
 * @throws {StoreUnavailableError} If containerd does not answer.
 */
export async function readContent(
  client: ContainerdClient,
  digest: Digest,
  { offset, length }: ReadWindow,
  options: Pick<OpenOptions, "signal" | "onBytes"> = {},
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  if (length === 0) return new Blob().stream();
  const source = new ContentSource(client, digest, { offset, length }, options);
  await source.begin();
  return new ReadableStream(source, { highWaterMark: 0 });
}

class ContentSource implements UnderlyingByteSource {
  readonly type = "bytes";
  readonly #options: Pick<OpenOptions, "signal" | "onBytes">;
  readonly #ended = new AbortController();
  readonly #pieces: AsyncGenerator<ReadContentResponse>;
  #first: Uint8Array<ArrayBuffer> | undefined;
  #remaining: number;

  constructor(
    client: ContainerdClient,
    digest: Digest,
    { offset, length }: ReadWindow,
    options: Pick<OpenOptions, "signal" | "onBytes">,
  ) {
    const signal = AbortSignal.any([this.#ended.signal, ...(options.signal ? [options.signal] : [])]);
    const request = { digest, offset, size: length };
    this.#pieces = client.stream(ContentService.read, request, { signal, subject: digest });
    this.#options = options;
    this.#remaining = length;
  }

  async begin(): Promise<void> {
    this.#first = await this.#read(FIRST_PIECE_TIMEOUT_MS);
  }

  async pull(controller: ReadableByteStreamController) {
    const piece = this.#first ?? await this.#read(PIECE_TIMEOUT_MS);
    this.#first = undefined;
    const count = Math.min(piece.length, this.#remaining); // none is left in a piece that was handed over
    this.#remaining -= count;
    controller.enqueue(piece.subarray(0, count));
    this.#options.onBytes?.(count);
    if (this.#remaining > 0) return;
    this.cancel();
    controller.close();
  }

  cancel() {
    this.#ended.abort();
  }

  async #read(timeoutMs: number): Promise<Uint8Array<ArrayBuffer>> {
    const { signal } = this.#options;
    try {
      const { done, value } = await abortable(this.#pieces.next(), deadline(timeoutMs, signal));
      if (done) throw new Error(`Cannot read on: containerd ended the content ${this.#remaining} bytes early`);
      return new Uint8Array(value.data); // a copy: the message's buffer belongs to grpc-js
    } catch (reason) {
      this.cancel();
      if (signal?.aborted || !(reason instanceof DOMException)) throw reason;
      throw new StoreUnavailableError(`Cannot read through containerd: ${errorMessage(reason)}`, { cause: reason });
    }
  }
}

/**
 * Reads content that may be a manifest, as `ManifestReader.readManifest()` has to.
 *
 * @param size The size of the content in bytes.
 */
export async function readManifestContent(
  client: ContainerdClient,
  digest: Digest,
  size: number,
  { signal }: CallOptions = {},
): Promise<Uint8Array | undefined> {
  if (size === 0 || size > MANIFEST_MAX_BYTES) return undefined;
  const bytes = new Uint8Array(size);
  const request = { digest, offset: 0, size };
  const limits = { signal, subject: digest, timeoutMs: PIECE_TIMEOUT_MS };
  let filled = 0;
  for await (const { data } of client.stream(ContentService.read, request, limits)) {
    if (filled === 0 && !startsJsonObject(data)) return undefined;
    bytes.set(data.subarray(0, size - filled), filled);
    filled += data.length;
  }
  return bytes.subarray(0, filled);
}
