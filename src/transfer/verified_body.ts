import type { Digest } from "../oci/digest.ts";
import type { BlobReader } from "./blob_source.ts";
import type { BlobVerifier } from "./blob_verifier.ts";
import type { Progress } from "./failover_reader.ts";
import { relayBody, type RelayBodyOptions } from "./relay_body.ts";

/** What a {@linkcode verifiedBody} is made from. */
export interface VerifiedBodySource {
  /** The digest of the blob. */
  digest: Digest;
  /** The first byte of the body, which goes to the end of the blob. */
  start: number;
  /** The size of the blob. */
  total: number;
  /** The first source, at the first byte. @default what `reopen` opens when the first byte is wanted */
  reader?: BlobReader;
  /**
   * Opens a source.
   *
   * @param offset The byte of the blob that it has to start with.
   * @param reason Why the source before failed; undefined for the first one.
   * @throws anything, when there is no other source: it ends the body.
   */
  reopen(offset: number, reason: unknown): Promise<BlobReader>;
  /** Returns a reader to go on with at the byte reached, when there is a better one. @default none */
  better?(progress: Progress): BlobReader | undefined;
  /** Returns the ids of those who gave bytes so far. */
  sources(): Iterable<string>;
  /** Hears of every chunk that is passed on, with its size in bytes. */
  onBytes(count: number): void;
  /** Hears that the body ended, and whether all of it was passed on. Called once. */
  onEnd(complete: boolean): void;
}

/**
 * Makes a body as {@linkcode relayBody} does, whose bytes are checked against the digest as they pass, as far as that is
 * possible. Its end is held back until they fit; it fails with a `WrongBytesError` instead if they do not.
 */
export function verifiedBody(
  verifier: BlobVerifier,
  source: VerifiedBodySource,
  options: RelayBodyOptions = {},
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { start, total, reader } = source;
  return relayBody({
    reader,
    length: total - start,
    check: verifier.check(source, () => source.sources()),
    reopen: (received, reason) => source.reopen(start + received, reason),
    better: source.better && ((progress) => source.better?.(progress)),
    onBytes: (count) => source.onBytes(count),
    onEnd: (complete) => source.onEnd(complete),
  }, options);
}
