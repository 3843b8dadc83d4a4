import type { Digest } from "../oci/digest.ts";

/** Thrown within a body whose bytes are not what the digest names. */
export class WrongBytesError extends Error {
  override name = "WrongBytesError";
  /** The digest that was asked for. */
  readonly digest: Digest;

  /** @param digest The digest that was asked for. */
  constructor(digest: Digest) {
    super(`Cannot pass "${digest}" on: the bytes are not those of the digest`);
    this.digest = digest;
  }
}

/** Looks at the bytes of a body before its consumer gets them. */
export interface BodyCheck {
  /** Gets ready, before the first byte is read. */
  begin(): Promise<void>;
  /** How many bytes at the end are held back until {@linkcode BodyCheck.finish}. Known once it has begun. */
  readonly heldBytes: number;
  /** Takes the bytes that follow. */
  update(chunk: Uint8Array): void;
  /**
   * All bytes have been taken.
   *
   * @throws {WrongBytesError} If they are wrong: what is held back is not passed on.
   */
  finish(): void;
  /** The body ended after this many bytes had been passed on. Called once. */
  end(passedOn: number): void;
}
