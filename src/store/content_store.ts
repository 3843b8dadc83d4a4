/**
 * The ports of a content store: what Peili needs from the place where the bytes are.
 *
 * @module
 */
import type { CallOptions } from "../core/call_options.ts";
import type { Digest } from "../oci/digest.ts";
import type { Descriptor } from "../oci/manifest.ts";
import type { Repository, TagName } from "../oci/reference.ts";
import type { IngestReader } from "./ingest.ts";

/** Thrown by every method of a store for content or a tag that it does not hold now. */
export class ContentNotFoundError extends Error {
  /** The name of the class. */
  override name = "ContentNotFoundError";

  /**
   * Makes the error.
   *
   * @param subject The digest or tag that was asked for.
   */
  constructor(subject: string, options?: ErrorOptions) {
    super(`Cannot find "${subject}": the store does not hold it`, options);
  }
}

/**
 * Thrown by a store whose backend does not answer now, such as a containerd that is restarting.
 *
 * A store throws it as soon as it knows, and after a deadline of its own (at most two seconds for each question that it
 * has to ask) when the backend merely hangs. The content may well be there; somebody who wants it now has to look elsewhere.
 */
export class StoreUnavailableError extends Error {
  /** The name of the class. */
  override name = "StoreUnavailableError";
}

/** Tells size and type of content. */
export interface ContentDescriber {
  /**
   * Describes content that is complete in the store.
   *
   * The media type is that of the manifest or index, and `application/octet-stream` for everything else.
   *
   * @throws {ContentNotFoundError} If the store does not hold it.
   * @throws {StoreUnavailableError} If the backend does not answer, and what is known without it does not suffice.
   */
  describe(digest: Digest, options?: CallOptions): Promise<Descriptor>;
}

/** Which bytes {@linkcode ContentOpener.open} reads. */
export interface OpenOptions extends CallOptions {
  /** The first byte. @default {0} */
  offset?: number;
  /** How many bytes. @default everything from the offset to the end */
  length?: number;
  /** Hears of every chunk that is handed out, with its size in bytes. */
  onBytes?: (count: number) => void;
}

/** Reads content. */
export interface ContentOpener {
  /**
   * Opens content that is complete in the store.
   *
   * The stream is a byte stream (`type: "bytes"`). It reads on demand only, and lets its file go when it ends, fails or
   * is cancelled. It goes on to the end when the content is deleted after it was opened. It fails rather than end
   * before `length` bytes.
   *
   * @throws {ContentNotFoundError} If the store does not hold it.
   * @throws {RangeError} If the bytes are not within the content.
   * @throws {StoreUnavailableError} If the backend does not answer, and what is known without it does not suffice.
   */
  open(digest: Digest, options?: OpenOptions): Promise<ReadableStream<Uint8Array<ArrayBuffer>>>;
}

/** Resolves tags. */
export interface TagResolver {
  /**
   * Finds the digest that a tag names.
   *
   * @throws {ContentNotFoundError} If the store does not know the tag, or no longer holds its manifest.
   * @throws {StoreUnavailableError} If the backend does not answer.
   */
  resolve(tag: TagName, options?: CallOptions): Promise<Digest>;
}

/** Tells where content came from. */
export interface SourceLister {
  /**
   * Lists the repositories that content belongs to, by distribution-source labels and by the image names that lead
   * to it. Registries from labels have no port. Empty when nothing is known. Names that are a second old or younger
   * may be missing.
   *
   * @throws {ContentNotFoundError} If the store does not hold it.
   * @throws {StoreUnavailableError} If the backend does not answer, and what is known without it does not suffice.
   */
  sources(digest: Digest, options?: CallOptions): Promise<readonly Repository[]>;
}

/** A change in a store, or the telling of what is there already. */
export type ContentEvent =
  /** The blob is present. Told again when its sources change. The media type is that of {@linkcode ContentDescriber}. */
  | { type: "blob"; digest: Digest; mediaType: string; sources: readonly Repository[] }
  /** The blob is no longer present. */
  | { type: "blob-gone"; digest: Digest }
  /** The tag names this digest, whose manifest is present. Told again when the tag moves. */
  | { type: "tag"; tag: TagName; digest: Digest }
  /** The tag is gone, or its manifest is. */
  | { type: "tag-gone"; tag: TagName }
  /** A listing is complete: all that was present when it began has been told. */
  | { type: "synced" };

/** Tells changes. */
export interface ContentWatcher {
  /**
   * Tells everything that is present, then `synced`, then each change until the signal aborts. After a change that
   * could not be followed (an overflow, a lost connection) the differences are told, then `synced` again.
   *
   * The iteration ends, without an error, when the signal aborts. It does not end or throw because the store's
   * backend goes away: it waits for the backend to come back.
   */
  watch(options: { signal: AbortSignal }): AsyncIterable<ContentEvent>;
}

/** Everything that can be asked of a store about what it holds, and what it is getting. */
export type ContentReader = ContentDescriber & ContentOpener & TagResolver & SourceLister & IngestReader;

/** A whole store. */
export interface ContentStore
  extends ContentDescriber, ContentOpener, IngestReader, TagResolver, SourceLister, ContentWatcher, AsyncDisposable {
  /** What kind of store it is, for logs. */
  readonly name: string;
}
