import type { Body } from "./pull_hosts.ts";

/** How often in a row a body may be opened without bringing a byte: as containerd's, once and three times again. */
const EMPTY_OPENINGS_MAX = 4;

/** Where the bytes of a {@linkcode resumingBody} come from. */
export interface ResumingBodyOptions {
  /** How many bytes are to come. */
  size: number;
  /** Opens the bytes from an offset on. */
  open(offset: number): Promise<Body>;
  /** Hears how many bytes have come so far, after each chunk; reading goes on when it is done. */
  onBytes?(received: number): void | Promise<void>;
}

/**
 * Makes a body that is opened again, at the byte that was reached, when it ends early.
 *
 * It fails when opening fails, and when bodies keep ending without a byte.
 */
export function resumingBody(options: ResumingBodyOptions): ReadableStream<Uint8Array<ArrayBuffer>> {
  let reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | undefined;
  let received = 0;
  let emptyOpenings = 0;

  async function read(): Promise<Uint8Array<ArrayBuffer>> {
    for (;;) {
      if (!reader) {
        if (++emptyOpenings > EMPTY_OPENINGS_MAX) throw new Error(`Cannot read on: bodies end at byte ${received}`);
        reader = (await options.open(received)).getReader();
      }
      const chunk = await reader.read().catch(endedEarly);
      if (!chunk.done) {
        emptyOpenings = 0;
        return chunk.value;
      }
      reader = undefined;
    }
  }

  return new ReadableStream({
    async pull(controller) {
      const chunk = await read();
      received += chunk.byteLength;
      await options.onBytes?.(received);
      controller.enqueue(chunk);
      if (received < options.size) return;
      await reader?.cancel();
      controller.close();
    },
    cancel: (reason) => reader?.cancel(reason),
  }, { highWaterMark: 0 });
}

/** A connection that closes before the length that was promised ends the body, to be opened again; all else fails. */
function endedEarly(reason: unknown): { done: true } {
  if (reason instanceof TypeError) return { done: true };
  throw reason;
}
