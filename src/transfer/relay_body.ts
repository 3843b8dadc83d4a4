import { KIB } from "../core/units.ts";
import type { BodyCheck } from "./body_check.ts";
import { type FailoverOptions, FailoverReader, type FailoverSources } from "./failover_reader.ts";

/** What a {@linkcode relayBody} is made from. */
export interface RelaySource extends FailoverSources {
  /** How many bytes are to come. */
  length: number;
  /** Looks at the bytes before they are passed on. @default nobody does */
  check?: BodyCheck;
  /** Hears of every chunk that is passed on, with its size in bytes. */
  onBytes(count: number): void;
  /** Hears that the body ended, and whether all of it was passed on. Called once. */
  onEnd(complete: boolean): void;
}

/** How a {@linkcode relayBody} judges its sources. */
export type RelayBodyOptions = FailoverOptions;

/** The buffer for a consumer that brings none of its own, in bytes. */
const BUFFER_BYTES = 64 * KIB;

/**
 * Makes a body that goes on from another source, at the same byte, when its source fails, ends early or stalls.
 *
 * It reads on demand, into the consumer's buffer, and keeps nothing but what its check wants to have held back. When no
 * source is left, or the check finds fault, it fails, which ends the connection without having sent all of its length.
 */
export function relayBody(
  source: RelaySource,
  options: RelayBodyOptions = {},
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream(new RelayBody(source, new FailoverReader(source, options)), { highWaterMark: 0 });
}

class RelayBody implements UnderlyingByteSource {
  readonly type = "bytes";
  readonly autoAllocateChunkSize = BUFFER_BYTES;
  readonly #source: RelaySource;
  readonly #reader: FailoverReader;
  /** How many bytes can be passed on at once, before what is held back. Known once the check has begun. */
  #freeBytes: number | undefined;
  /** What was held back and is now known to be right. */
  #held: Uint8Array<ArrayBuffer> | undefined;
  #passedOn = 0;
  #ended = false;

  constructor(source: RelaySource, reader: FailoverReader) {
    this.#source = source;
    this.#reader = reader;
    if (!source.check) this.#freeBytes = source.length;
  }

  async pull(controller: ReadableByteStreamController): Promise<void> {
    const request = controller.byobRequest;
    if (!request?.view) return; // never: autoAllocateChunkSize brings a view to every pull
    try {
      const chunk = await this.#next(request.view);
      this.#passedOn += chunk.byteLength;
      this.#source.onBytes(chunk.byteLength);
      request.respondWithNewView(chunk);
      if (this.#passedOn < this.#source.length) return;
      controller.close();
      this.#end(true);
    } catch (reason) {
      this.#end(false);
      throw reason;
    }
  }

  cancel(): void {
    this.#end(false);
  }

  async #next({ buffer, byteOffset, byteLength }: ArrayBufferView): Promise<Uint8Array<ArrayBuffer>> {
    const { length, check } = this.#source;
    this.#freeBytes ??= await this.#begin(check);
    const free = this.#freeBytes - this.#passedOn;
    if (free > 0) {
      const view = new Uint8Array(buffer as ArrayBuffer, byteOffset, Math.min(byteLength, free));
      const chunk = await this.#reader.read(view);
      check?.update(chunk);
      if (this.#passedOn + chunk.byteLength === length) check?.finish(); // only of a check that holds nothing back
      return chunk;
    }
    this.#held ??= await this.#readHeld(length - this.#passedOn);
    const part = this.#held.subarray(0, byteLength);
    this.#held = this.#held.subarray(part.byteLength);
    const chunk = new Uint8Array(buffer as ArrayBuffer, byteOffset, part.byteLength);
    chunk.set(part);
    return chunk;
  }

  async #begin(check: BodyCheck | undefined): Promise<number> {
    await check?.begin();
    return this.#source.length - (check?.heldBytes ?? 0);
  }

  /** Reads the end of the body, and returns it once it is known to be right. */
  async #readHeld(count: number): Promise<Uint8Array<ArrayBuffer>> {
    const held = new Uint8Array(count);
    for (let filled = 0; filled < count;) {
      const chunk = await this.#reader.read(new Uint8Array(count - filled)); // a failed read takes its buffer away
      this.#source.check?.update(chunk);
      held.set(chunk, filled);
      filled += chunk.byteLength;
    }
    this.#source.check?.finish();
    return held;
  }

  #end(complete: boolean): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#reader.close();
    this.#source.check?.end(this.#passedOn);
    this.#source.onEnd(complete);
  }
}
