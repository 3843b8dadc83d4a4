import { getLogger } from "@logtape/logtape";
import { deadline } from "../core/deadline.ts";
import { errorMessage } from "../core/errors.ts";
import { onAbort } from "../core/on_abort.ts";
import { KIB, SECOND_MS } from "../core/units.ts";
import type { Digest } from "../oci/digest.ts";
import type { IngestReader } from "../store/ingest.ts";
import { RunningHash } from "./running_hash.ts";

/** How long it may take to hash what is there already, in milliseconds: as long as a body may stall. */
const PREFIX_TIMEOUT_MS = 10 * SECOND_MS;
/** How much is read at once, in bytes. */
const BUFFER_BYTES = 256 * KIB;

const logger = getLogger(["peili", "transfer"]);

/**
 * Hashes the beginning of a blob as the download that is under way has stored it.
 *
 * @param options.length How many bytes.
 * @returns The hash, or nothing when those bytes are not all stored, or cannot be read in time.
 */
export async function hashPrefix(
  ingests: IngestReader | undefined,
  digest: Digest,
  options: { length: number; timeoutMs?: number },
): Promise<RunningHash | undefined> {
  if (!ingests) return undefined;
  const { length, timeoutMs = PREFIX_TIMEOUT_MS } = options;
  const signal = deadline(timeoutMs);
  try {
    const status = await ingests.ingest(digest, { signal });
    // The rest may be in containerd's memory, and come to the disk only after what is asked for now.
    if (!status || status.offset < length) return undefined;
    const { body } = await ingests.tail(digest, { signal });
    return await hashBytes(body, digest, { length, signal });
  } catch (reason) {
    logger.debug("Cannot hash the beginning of {digest}: {reason}", { digest, reason: errorMessage(reason) });
    return undefined;
  }
}

async function hashBytes(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  digest: Digest,
  { length, signal }: { length: number; signal: AbortSignal },
): Promise<RunningHash | undefined> {
  const hash = new RunningHash(digest);
  const reader = body.getReader({ mode: "byob" });
  const cancel = () => reader.cancel(signal.reason).catch(() => {}); // it failed already
  using _ = onAbort(signal, cancel);
  let buffer = new ArrayBuffer(BUFFER_BYTES);
  try {
    while (hash.position < length) {
      const wanted = Math.min(BUFFER_BYTES, length - hash.position);
      const { done, value } = await reader.read(new Uint8Array(buffer, 0, wanted));
      if (done) return undefined;
      hash.update(value);
      buffer = value.buffer;
    }
    return hash;
  } finally {
    cancel();
  }
}
