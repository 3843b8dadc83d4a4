import { KIB } from "../core/units.ts";
import type { Digest } from "../oci/digest.ts";
import { type BodyCheck, WrongBytesError } from "./body_check.ts";
import type { HashStates } from "./hash_states.ts";
import { RunningHash } from "./running_hash.ts";

/** How much of the end of a body is held back until all of it is known to be right, in bytes. */
const HELD_MAX_BYTES = 64 * KIB;

/** Which bytes of which blob are checked: from `start` to its end. */
export interface BlobCheckSpan {
  /** The digest of the blob. */
  digest: Digest;
  /** The first byte. */
  start: number;
  /** The size of the blob. */
  total: number;
}

/** What {@linkcode BlobCheck} works with. */
export interface BlobCheckComponents {
  /** Keeps the hashes of bodies that ended early. */
  states: HashStates;
  /** Returns who gave bytes so far. */
  sources(): Iterable<string>;
  /** Hashes the bytes before the body, where somebody has them. Never fails. */
  prefix(): Promise<RunningHash | undefined>;
  /** Hears whether the body can be checked. */
  onVerifiable(verifiable: boolean): void;
  /** Hears that the bytes were wrong, and who gave them, also in the bodies that this one is the rest of. */
  onMismatch(sources: readonly string[]): void;
}

/** The check of one body. */
export class BlobCheck implements BodyCheck {
  readonly #span: BlobCheckSpan;
  readonly #components: BlobCheckComponents;
  /** Where the held end begins. */
  readonly #heldFrom: number;
  #earlierSources: ReadonlySet<string> = new Set();
  #hash: RunningHash | undefined;
  /** The hash as it was before the held end. */
  #beforeHeld: RunningHash | undefined;

  constructor(span: BlobCheckSpan, components: BlobCheckComponents) {
    this.#span = span;
    this.#components = components;
    this.#heldFrom = Math.max(span.start, span.total - HELD_MAX_BYTES);
  }

  get heldBytes(): number {
    return this.#hash ? this.#span.total - this.#heldFrom : 0;
  }

  async begin(): Promise<void> {
    const { digest, start } = this.#span;
    const state = start === 0 ? undefined : this.#components.states.at(digest, start);
    if (state) {
      this.#hash = state.hash.copy();
      this.#earlierSources = state.sources;
    } else this.#hash = start === 0 ? new RunningHash(digest) : await this.#components.prefix();
    this.#components.onVerifiable(this.#hash !== undefined);
  }

  update(chunk: Uint8Array): void {
    if (!this.#hash) return;
    if (this.#hash.position === this.#heldFrom) this.#beforeHeld = this.#hash.copy();
    this.#hash.update(chunk);
  }

  finish(): void {
    if (!this.#hash || this.#hash.matches()) return;
    this.#components.onMismatch([...this.#sources()]);
    throw new WrongBytesError(this.#span.digest);
  }

  end(passedOn: number): void {
    const position = this.#span.start + passedOn;
    if (position === 0 || position === this.#span.total) return;
    const hash = [this.#beforeHeld, this.#hash].find((known) => known?.position === position);
    if (hash) this.#components.states.keep(this.#span.digest, { hash, sources: this.#sources() });
  }

  #sources(): ReadonlySet<string> {
    return new Set([...this.#earlierSources, ...this.#components.sources()]);
  }
}
